using System.Net.Sockets;

namespace Nestvisor.Api.Tests;

public sealed class UserIdentityTests
{
    [Fact]
    public void Current_Root_IsZero() => Assert.Equal(Environment.IsPrivilegedProcess, UserIdentity.Current == 0);

    [Fact]
    public void OfPeer_ThisProcess_IsItself()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("nv-").FullName, "s");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));

        Assert.Equal((Environment.ProcessId, UserIdentity.Current), UserIdentity.OfPeer(client));
        Assert.True(UserIdentity.IsTrustedPeer(client));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}
