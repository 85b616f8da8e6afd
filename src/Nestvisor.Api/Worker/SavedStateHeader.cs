namespace Nestvisor.Api.Worker;

/// <summary>
/// The beginning of the file of a saved state: a mark with the format's version, and the machine's identifier. What follows has checksums
/// of its own and knows no identifier, so that a copy of a machine can get another one.
/// </summary>
public static class SavedStateHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = MarkLength + IdLength;

    private const int MarkLength = 8;
    private const int IdLength = 16;

    private static ReadOnlySpan<byte> Mark => "NVSAVED1"u8;

    /// <summary>The header of a machine's saved state.</summary>
    public static byte[] Of(Guid id) => [.. Mark, .. id.ToByteArray()];

    /// <summary>Reads a header.</summary>
    /// <param name="header">What the file begins with: <see cref="Length"/> bytes, fewer if it has no more.</param>
    /// <returns>The identifier of the machine; null if this is no saved state, or one of another version of Nestvisor.</returns>
    public static Guid? Read(ReadOnlySpan<byte> header) =>
        header.Length == Length && header.StartsWith(Mark) ? new Guid(header[MarkLength..]) : null;
}
