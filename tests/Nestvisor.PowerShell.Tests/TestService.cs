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

        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        connection.Connect(new UnixDomainSocketEndPoint(path));
        using Process service = Process.GetProcessById(UserIdentity.OfPeer(connection).ProcessId);
        service.Kill();
        service.WaitForExit();
    }
}
