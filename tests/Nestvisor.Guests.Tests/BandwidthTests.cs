using System.Net;
using System.Net.Sockets;

namespace Nestvisor.Guests.Tests;

/// <summary>Limits of bandwidth, seen by a neighbour outside that receives what is sent. The output has the figures.</summary>
public sealed class BandwidthTests
{
    [Fact]
    public void Guest_WithALimit_SendsNoMoreAndReceivesFreely()
    {
        using NetworkLab lab = new();
        using NeighbourMeter meter = new(lab.Outside, "10.50.0.1");
        _ = lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        lab.StartGuest("Guest", "Outside", "address=10.50.0.3/24");

        _ = lab.Run("Guest", $"(nc 10.50.0.1 {meter.EndPoint.Port} < /dev/zero &)");
        meter.Accept();
        long[] limits = SendWithinLimits(meter, limit => lab.Do($"Set-VMNetworkAdapter -VMName Guest -MaximumBandwidth {limit}"));

        using NeighbourMeter sender = new(lab.Outside, "10.50.0.1");
        _ = lab.Run("Guest", $"killall nc; (nc 10.50.0.1 {sender.EndPoint.Port} -e sh -c 'while :; do head -c {NeighbourMeter.BytesFor(limits[0])} > /dev/null; echo; done' &)");
        sender.Accept();
        _ = lab.Do($"Set-VMNetworkAdapter -VMName Guest -MaximumBandwidth {limits[0]}");
        sender.SendMoreThan(limits[0]);
    }

    // The first adapter is the bridge itself, a further one a pair of interfaces.
    [Theory]
    [InlineData("Outside", "10.50.0")]
    [InlineData("Further", "10.51.0")]
    public async Task HostAdapter_WithALimit_SendsNoMoreAndReceivesFreely(string name, string network)
    {
        using NetworkLab lab = new();
        _ = lab.Outside.Run("ip address add 10.51.0.1/24 dev out0");
        _ = lab.Do(
            """
            New-VMSwitch -Name Outside -NetAdapterName up0
            Add-VMNetworkAdapter -ManagementOS -Name Further -SwitchName Outside
            New-NetIPAddress -InterfaceAlias 'vEthernet (Further)' -IPAddress 10.51.0.2 -PrefixLength 24 | Out-Null
            """);
        byte[] buffer = new byte[1 << 16];
        long[] limits = [];
        Action<long> set = limit => lab.Do($"Set-VMNetworkAdapter -ManagementOS -Name {name} -MaximumBandwidth {limit}");

        await OfHost(lab, network, socket => _ = socket.Send(buffer), meter => limits = SendWithinLimits(meter, set));

        set(limits[0]);
        long left = NeighbourMeter.BytesFor(limits[0]);
        await OfHost(
            lab,
            network,
            socket =>
            {
                left -= socket.Receive(buffer, (int)Math.Min(left, buffer.Length), SocketFlags.None);
                if (left == 0)
                {
                    _ = socket.Send(buffer, 1, SocketFlags.None);
                    left = NeighbourMeter.BytesFor(limits[0]);
                }
            },
            meter => meter.SendMoreThan(limits[0]));
    }

    // Does something again and again on the host's end of a connection, and something on the neighbour's.
    private static async Task OfHost(NetworkLab lab, string network, Action<Socket> here, Action<NeighbourMeter> outside)
    {
        Task working;
        using Socket socket = lab.Host.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using (NeighbourMeter meter = new(lab.Outside, $"{network}.1"))
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse($"{network}.2"), 0));
            socket.Connect(meter.EndPoint);
            meter.Accept();
            working = Task.Run(() =>
            {
                while (true)
                {
                    here(socket);
                }
            });
            outside(meter);
            socket.Close();
        }

        Exception? end = await Record.ExceptionAsync(() => working);
        Assert.True(end is SocketException or ObjectDisposedException, $"{end}");
    }

    // Two limits far below what there is, changed while the stream goes on, and none again.
    private static long[] SendWithinLimits(NeighbourMeter meter, Action<long> set)
    {
        double free = meter.ReceiveFreely();
        long[] limits = [(long)Math.Min(10_000_000, free / 100), (long)Math.Min(100_000_000, free / 10)];
        foreach (long limit in limits)
        {
            set(limit);
            meter.ReceiveWithin(limit);
        }

        set(0);
        meter.ReceiveMoreThan(limits[1]);
        return limits;
    }
}
