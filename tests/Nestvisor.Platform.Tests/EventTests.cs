namespace Nestvisor.Platform.Tests;

public sealed class EventTests
{
    [Fact]
    public void EventDescriptor_SignalledTwice_CountsAndResets()
    {
        using EventDescriptor descriptor = new();
        Assert.Equal(0ul, descriptor.Drain());
        descriptor.Signal();
        descriptor.Signal();
        Assert.Equal(2ul, descriptor.Drain());
        Assert.Equal(0ul, descriptor.Drain());
    }

    [Fact]
    public void EventPoll_OneOfTwoSignalled_ReportsItsKey()
    {
        using EventDescriptor first = new();
        using EventDescriptor second = new();
        using EventPoll poll = new();
        poll.Watch(first.Value, 10);
        poll.Watch(second.Value, 20);
        second.Signal();

        ulong[] keys = new ulong[4];
        Assert.Equal(1, poll.Wait(keys));
        Assert.Equal(20ul, keys[0]);

        first.Signal();
        poll.Unwatch(second.Value);
        Assert.Equal(1, poll.Wait(keys));
        Assert.Equal(10ul, keys[0]);
    }

    [Fact]
    public void EventPoll_OnceAnArrival_ReportsEachSignalOnceAndNeedsNoReading()
    {
        using EventDescriptor descriptor = new();
        using EventPoll poll = new();
        poll.Watch(descriptor.Value, 10, onceAnArrival: true);
        ulong[] keys = new ulong[4];
        Assert.Equal(0, poll.Wait(keys, noLonger: true));
        for (int i = 0; i < 3; i++)
        {
            descriptor.Signal();
            Assert.Equal(1, poll.Wait(keys));
            Assert.Equal(0, poll.Wait(keys, noLonger: true));
        }

        Assert.Equal(3ul, descriptor.Drain());
    }

    [Fact]
    public void PreciseEvent_SetBeforeWait_IsNotLost()
    {
        using PreciseEvent precise = new();
        precise.Set();
        Assert.True(precise.Wait(-1));
        Assert.False(precise.Wait(1));
    }

    [Fact]
    public void FileDescriptor_MissingFile_ErrorNamesIt()
    {
        System.ComponentModel.Win32Exception error =
            Assert.Throws<System.ComponentModel.Win32Exception>(() => FileDescriptor.OpenReadWriteFile("/nonexistent/file"));
        Assert.Equal(LinuxError.NoEntry, error.NativeErrorCode);
        Assert.Contains("/nonexistent/file", error.Message, StringComparison.Ordinal);
    }
}
