using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Who is at the other end of a Unix socket (SO_PEERCRED, unix(7)).</summary>
/// <param name="ProcessId">Process that connected.</param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupId">Its effective group.</param>
public readonly partial record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId)
{
    private const int SolSocket = 1;
    private const int SoPeercred = 17;

    /// <summary>The effective user of this process.</summary>
    public static uint OwnUserId => geteuid();

    /// <summary>Asks the kernel about a connected socket.</summary>
    /// <param name="socket">The socket.</param>
    /// <returns>The credentials at the time of the connect.</returns>
    public static PeerCredentials Of(Socket socket)
    {
        Span<byte> raw = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeercred, raw);
        return new PeerCredentials(
            BinaryPrimitives.ReadInt32LittleEndian(raw),
            BinaryPrimitives.ReadUInt32LittleEndian(raw[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(raw[8..]));
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
