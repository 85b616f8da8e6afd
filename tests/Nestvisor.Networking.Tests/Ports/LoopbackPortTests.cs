using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Ports;

namespace Nestvisor.Networking.Tests.Ports;

public sealed class LoopbackPortTests
{
    private readonly byte[] _buffer = new byte[PacketHeader.MaxPacketLength];

    [Fact]
    public void UnconnectedPort_Send_DropsAndReceivesNothing()
    {
        using UnconnectedPort port = new();
        Assert.True(port.TrySend(0, new byte[72]));
        Assert.False(port.IsConnected);
        Assert.True(port.Receive(0, _buffer).IsEmpty);
    }

    [Fact]
    public void LoopbackPort_Send_GivesThePacketsBackInOrder()
    {
        using LoopbackPort port = new();
        int told = 0;
        port.SetObserver(() => told++);
        for (int round = 0; round < 200; round++)
        {
            byte[] packet = new byte[72 + round];
            packet[20] = (byte)round;
            Assert.True(port.TrySend(0, packet));
            Assert.Equal(packet, port.Receive(0, _buffer).ToArray());
        }

        Assert.Equal(200, told);
        Assert.Equal(0, port.Dropped);
    }

    [Fact]
    public void LoopbackPort_NobodyReceives_HoldsABoundedNumberOfPackets()
    {
        using LoopbackPort port = new();
        for (int i = 0; i < 1000; i++)
        {
            _ = port.TrySend(0, new byte[72]);
        }

        int received = 0;
        while (!port.Receive(0, _buffer).IsEmpty)
        {
            received++;
        }

        Assert.Equal(64, received);
        Assert.Equal(936, port.Dropped);
    }

    [Fact]
    public void LoopbackPort_Unplugged_DropsAndTells()
    {
        using LoopbackPort port = new();
        bool told = false;
        port.SetObserver(() => told = true);
        port.IsConnected = false;
        Assert.True(told);
        _ = port.TrySend(0, new byte[72]);
        Assert.True(port.Receive(0, _buffer).IsEmpty);
    }
}
