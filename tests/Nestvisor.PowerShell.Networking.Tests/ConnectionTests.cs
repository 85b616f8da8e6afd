using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>Test-NetConnection, towards this process's own loopback.</summary>
public sealed class ConnectionTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ConnectionTests(Session session)
    {
        _session = session;
        _ = _session.Namespace;
    }

    [Fact]
    public void TestNetConnection_PortThatListens_Succeeds()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Equal(
            $"127.0.0.1 127.0.0.1 {port} True lo 127.0.0.1 False NetConnectionResults#Tcp",
            _session.Text(
                $"""
                $r = Test-NetConnection 127.0.0.1 -Port {port}
                "$($r.ComputerName) $($r.RemoteAddress) $($r.RemotePort) $($r.TcpTestSucceeded) $($r.InterfaceAlias) $($r.SourceAddress) $($r.PingSucceeded) $($r.PSObject.TypeNames[0])"
                """));
        Assert.Equal("True", _session.Text($"Test-NetConnection 127.0.0.1 -Port {port} -InformationLevel Quiet"));
        Assert.Equal("True", _session.Text($"(@{{ RemotePort = {port} }} | ForEach-Object {{ [pscustomobject]$_ }} | Test-NetConnection 127.0.0.1).TcpTestSucceeded"));
    }

    [Fact]
    public void TestNetConnection_PortThatIsClosed_WarnsAndPings()
    {
        int port;
        using (TcpListener listener = new(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        (System.Collections.ObjectModel.Collection<PSObject> output, List<ErrorRecord> errors, List<string> warnings) =
            _session.RunAll($"$r = Test-NetConnection 127.0.0.1 -Port {port}; \"$($r.TcpTestSucceeded) $($null -ne $r.PingReplyDetails)\"");

        Assert.Empty(errors);
        Assert.StartsWith("False ", Assert.Single(output).ToString(), StringComparison.Ordinal);
        Assert.Contains(warnings, warning => warning.StartsWith($"TCP connect to (127.0.0.1 : {port}) failed", StringComparison.Ordinal));
    }

    [Fact]
    public void TestNetConnection_ANameWithoutAddress_SaysSo()
    {
        (System.Collections.ObjectModel.Collection<PSObject> output, _, List<string> warnings) = _session.RunAll("Test-NetConnection nosuch.invalid");

        Assert.Contains("Name resolution of nosuch.invalid failed", warnings);
        Assert.Equal(false, Assert.Single(output).Properties["NameResolutionSucceeded"].Value);
    }

    [Theory]
    [InlineData("-Port 0")]
    [InlineData("-Port 65536")]
    [InlineData("-TraceRoute -Hops 0")]
    public void TestNetConnection_NumberThatCannotBe_IsRefused(string arguments) =>
        Assert.StartsWith("Windows System Error 87,", _session.Fail($"Test-NetConnection 127.0.0.1 {arguments}").FullyQualifiedErrorId, StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DnsProbe_AServer_AnswersOrNot(bool isServer)
    {
        using Socket server = new(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task answering = Task.Run(
            async () =>
            {
                byte[] question = new byte[512];
                for (int i = 0; i < 2; i++)
                {
                    SocketReceiveFromResult received = await server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken);

                    // An answer has the bit QR; what has not is no answer.
                    question[2] = (byte)(isServer ? question[2] | 0x80 : question[2]);
                    _ = await server.SendToAsync(question.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint, TestContext.Current.CancellationToken);
                }
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(isServer, DnsProbe.Answers((IPEndPoint)server.LocalEndPoint!, TestContext.Current.CancellationToken));
        server.Close();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await answering;
            Assert.False(isServer, "the probe asked twice though it was answered");
            throw new OperationCanceledException();
        });
    }
}
