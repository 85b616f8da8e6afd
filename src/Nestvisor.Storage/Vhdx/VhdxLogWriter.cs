using Nestvisor.Platform;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>
/// Changes sectors of the file's own structures so that a crash leaves all of a change or nothing of it. Each entry is its own tail: before it is
/// written, what the entry before has changed is made durable, and both fit into the log at once, so that the older one is whole until the
/// newer one is.
/// </summary>
internal sealed class VhdxLogWriter(IDiskFile file, VhdxHeaderPair headers)
{
    /// <summary>Most sectors that change together: two entries of them fit into the smallest log.</summary>
    public const int MaxChanges = 100;

    private uint _position;
    private ulong _sequence;
    private Guid _log;

    /// <summary>Whether the header names a log of ours.</summary>
    private bool _isActive;

    /// <summary>Makes all that was written to the file durable, then the changes; then writes them to their places.</summary>
    /// <param name="changes">Offsets in the file, multiples of 4096, with 4096 bytes for each; at most <see cref="MaxChanges"/>.</param>
    public void Commit(IReadOnlyList<(long Offset, byte[] Sector)> changes)
    {
        file.Flush();
        VhdxHeader header = headers.Current;
        if (!_isActive)
        {
            _log = NewGuid();
            _position = 0;
        }

        byte[] entry = VhdxLogEntry.Create(_log, ++_sequence, _position, file.Length, changes);
        int first = (int)Math.Min(entry.Length, header.LogLength - _position);
        file.Write((long)header.LogOffset + _position, entry.AsSpan(0, first));
        if (first < entry.Length)
        {
            file.Write((long)header.LogOffset, entry.AsSpan(first));
        }

        file.Flush();
        _position = (uint)((_position + entry.Length) % header.LogLength);
        if (!_isActive)
        {
            // A header that names a log without a whole entry would be a broken file.
            headers.Update(file, header with { LogGuid = _log, LogVersion = 0 });
            _isActive = true;
        }

        foreach ((long offset, byte[] sector) in changes)
        {
            file.Write(offset, sector);
        }
    }

    /// <summary>Makes all durable and the log empty.</summary>
    public void Close()
    {
        file.Flush();
        if (_isActive)
        {
            headers.Update(file, headers.Current with { LogGuid = Guid.Empty });
            _isActive = false;
        }
    }

    /// <summary>A random identifier; .NET's own would load OpenSSL, which a locked-down worker cannot.</summary>
    public static Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        HostRandom.Fill(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes);
    }
}
