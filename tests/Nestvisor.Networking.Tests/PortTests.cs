namespace Nestvisor.Networking.Tests;

public sealed class PortTests
{
    [Fact]
    public void UnconnectedPort_Send_DropsAndReceivesNothing()
    {
        using UnconnectedPort port = new();
        port.Send(new byte[60]);
        Assert.False(port.IsConnected);
        Assert.False(port.TryReceive(new byte[NetworkFrame.MaxLength], out int length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void LoopbackPort_Send_GivesTheFramesBackInOrder()
    {
        using LoopbackPort port = new();
        int told = 0;
        port.SetObserver(() => told++);
        byte[] buffer = new byte[NetworkFrame.MaxLength];
        for (int round = 0; round < 200; round++)
        {
            byte[] frame = new byte[60 + round];
            frame[20] = (byte)round;
            port.Send(frame);
            Assert.True(port.TryReceive(buffer, out int length));
            Assert.Equal(frame, buffer[..length]);
        }

        Assert.Equal(200, told);
        Assert.Equal(0, port.Dropped);
    }

    [Fact]
    public void LoopbackPort_NobodyReceives_HoldsABoundedNumberOfFrames()
    {
        using LoopbackPort port = new();
        for (int i = 0; i < 1000; i++)
        {
            port.Send(new byte[60]);
        }

        byte[] buffer = new byte[NetworkFrame.MaxLength];
        int received = 0;
        while (port.TryReceive(buffer, out _))
        {
            received++;
        }

        Assert.Equal(64, received);
        Assert.Equal(936, port.Dropped);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    [InlineData(NetworkFrame.MaxLength + 1)]
    public void LoopbackPort_FrameOfImpossibleLength_IsDropped(int length)
    {
        using LoopbackPort port = new();
        port.Send(new byte[length]);
        Assert.False(port.TryReceive(new byte[NetworkFrame.MaxLength], out _));
        Assert.Equal(1, port.Dropped);
    }

    [Fact]
    public void LoopbackPort_Unplugged_DropsAndTells()
    {
        using LoopbackPort port = new();
        bool told = false;
        port.SetObserver(() => told = true);
        port.IsConnected = false;
        Assert.True(told);
        port.Send(new byte[60]);
        Assert.False(port.TryReceive(new byte[NetworkFrame.MaxLength], out _));
    }
}
