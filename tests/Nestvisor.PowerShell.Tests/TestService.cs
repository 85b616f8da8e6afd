using System.Diagnostics;
using System.Net.Sockets;
using Nestvisor.Api;

namespace Nestvisor;

/// <summary>The service that a test's commands have started.</summary>
internal static class TestService
{
    /// <summary>Ends the service that listens at a socket, if there is one.</summary>
    public static void End(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using Process service = Process.GetProcessById(ProcessOf(path));
        service.Kill();
        service.WaitForExit();
    }

    /// <summary>The process of the service that listens at a socket.</summary>
    public static int ProcessOf(string path)
    {
        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        connection.Connect(new UnixDomainSocketEndPoint(path));
        return UserIdentity.OfPeer(connection).ProcessId;
    }
}
