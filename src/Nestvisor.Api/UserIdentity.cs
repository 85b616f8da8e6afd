using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Nestvisor.Api;

/// <summary>Who runs this process, and who is at the other end of a Unix socket.</summary>
public static class UserIdentity
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>Effective user identifier of this process.</summary>
    public static uint Current { get; } = ReadCurrent();

    /// <summary>Process and user identifier of the peer at the time it connected or listened (SO_PEERCRED, unix(7)).</summary>
    public static (int ProcessId, uint UserId) OfPeer(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        int length = socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials));
        return length == 12
            ? (credentials[0], (uint)credentials[1])
            : throw new InvalidOperationException("SO_PEERCRED did not answer the peer's credentials.");
    }

    /// <summary>Whether the peer is the same user or root.</summary>
    public static bool IsTrustedPeer(Socket socket) => OfPeer(socket).UserId is var user && (user == 0 || user == Current);

    // .NET has no geteuid; proc(5): "Uid:" lists the real, effective, saved and file system identifiers.
    private static uint ReadCurrent()
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("Uid:", StringComparison.Ordinal))
            {
                return uint.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException("/proc/self/status does not tell the user identifier.");
    }
}
