namespace Nestvisor.Storage;

/// <summary>
/// A virtual disk of a fixed length. Offsets and lengths are in bytes and need no alignment; a range outside the disk is the
/// caller's error. Safe from any thread; overlapping requests at the same time have no defined order.
/// </summary>
public interface IDisk : IDisposable
{
    /// <summary>Bytes of the disk, a multiple of <see cref="SectorSize"/>.</summary>
    long Length { get; }

    /// <summary>Bytes of a logical sector, 512 or 4096.</summary>
    int SectorSize { get; }

    /// <summary>Whether writes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>Whether <see cref="Discard"/> gives storage back.</summary>
    bool CanDiscard { get; }

    /// <summary>Reads the whole range.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="target">Where to.</param>
    /// <exception cref="IOException">The host could not read it.</exception>
    void Read(long offset, Span<byte> target);

    /// <summary>Writes the whole range. It is durable after <see cref="Flush"/>.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="IOException">The host could not write it, or the disk is read-only.</exception>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Makes a range read as zeros.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="mayDiscard">Whether its storage may be given back.</param>
    /// <exception cref="IOException">The host could not write it, or the disk is read-only.</exception>
    void WriteZeroes(long offset, long length, bool mayDiscard);

    /// <summary>Tells that the contents of a range are no longer needed.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="IOException">The host could not do it, or the disk is read-only.</exception>
    void Discard(long offset, long length);

    /// <summary>Makes all completed writes durable.</summary>
    /// <exception cref="IOException">The host could not do it.</exception>
    void Flush();
}
