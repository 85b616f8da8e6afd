namespace Nestvisor.Storage.Files;

/// <summary>The file below a disk format. Safe from any thread as far as the ranges do not overlap.</summary>
internal interface IDiskFile : IDisposable
{
    /// <summary>For messages.</summary>
    string Path { get; }

    /// <summary>Bytes of the file.</summary>
    long Length { get; }

    /// <summary>Whether writes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>Whether <see cref="TryPunchHole"/> works.</summary>
    bool CanPunchHoles { get; }

    /// <summary>Reads the whole range.</summary>
    /// <exception cref="IOException">The host could not read it, or the file ends before.</exception>
    void Read(long offset, Span<byte> target);

    /// <summary>Writes the whole range; the file grows if it has to. Durable after <see cref="Flush"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Makes a range inside the file read as zeros and keeps its storage.</summary>
    void WriteZeroes(long offset, long length);

    /// <summary>Makes a range read as zeros and gives its storage back. The file keeps its length.</summary>
    /// <returns>False if the file system cannot do it; nothing has changed then.</returns>
    bool TryPunchHole(long offset, long length);

    /// <summary>Whether the file system keeps no storage for a range, which then reads as zeros. False if it does not tell.</summary>
    bool IsHole(long offset, long length);

    /// <summary>Reserves storage, which reads as zeros where there was none; the file becomes long enough.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    void Reserve(long offset, long length);

    /// <summary>Cuts the file or extends it by zeros.</summary>
    void SetLength(long length);

    /// <summary>Makes all writes and the length durable.</summary>
    void Flush();
}
