namespace Nestvisor.Platform.Tests;

public sealed class KickSignalTests
{
    [Fact]
    public void Send_ToAThreadInAWait_EndsTheWait()
    {
        KickSignal.Install();
        using EventPoll poll = new();
        using ManualResetEventSlim ready = new();
        int id = 0;
        int count = -1;
        bool returned = false;
        Thread thread = new(() =>
        {
            id = KickSignal.CurrentThread();
            ready.Set();
            count = poll.Wait(new ulong[1]);
            Volatile.Write(ref returned, true);
        });
        thread.Start();
        ready.Wait(TestContext.Current.CancellationToken);

        // The thread may not be in the wait yet: a signal that comes too early does nothing.
        while (!Volatile.Read(ref returned))
        {
            KickSignal.Send(id);
            Thread.Yield();
        }

        thread.Join();
        Assert.Equal(0, count);
    }

    [Fact]
    public void Send_ToARunningThread_ChangesNothing()
    {
        KickSignal.Install();
        using ManualResetEventSlim ready = new();
        int id = 0;
        long sum = 0;
        Thread thread = new(() =>
        {
            id = KickSignal.CurrentThread();
            ready.Set();
            for (int i = 0; i < 10_000_000; i++)
            {
                sum += i;
            }
        });
        thread.Start();
        ready.Wait(TestContext.Current.CancellationToken);
        for (int i = 0; i < 1000; i++)
        {
            KickSignal.Send(id);
        }

        thread.Join();
        Assert.Equal(49_999_995_000_000, sum);
    }
}
