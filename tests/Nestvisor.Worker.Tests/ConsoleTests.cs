using Nestvisor.Worker.Consoles;

namespace Nestvisor.Worker.Tests;

public sealed class ConsoleTests
{
    [Fact]
    public async Task ByteQueue_WrapsAround_KeepsOrder()
    {
        ByteQueue queue = new(8);
        byte[] buffer = new byte[8];
        for (byte i = 0; i < 100; i += 5)
        {
            Assert.Equal(5, queue.Write([i, (byte)(i + 1), (byte)(i + 2), (byte)(i + 3), (byte)(i + 4)]));
            Assert.Equal(5, await queue.ReadAsync(buffer));
            Assert.Equal(i, buffer[0]);
            Assert.Equal(i + 4, buffer[4]);
        }

        Assert.Equal(8, queue.Write(new byte[20]));
        queue.Complete();
        Assert.Equal(8, await queue.ReadAsync(buffer));
        Assert.Equal(0, await queue.ReadAsync(buffer));
    }

    [Fact]
    public async Task Hub_SlowListener_LosesItsConnectionOnly()
    {
        ConsoleHub hub = new();
        ConsoleListener slow = hub.Attach(4);
        ConsoleListener quick = hub.Attach(64);

        hub.Write("0123456789"u8);
        hub.Write("ab"u8);

        byte[] buffer = new byte[64];
        Assert.Equal(12, await quick.Queue.ReadAsync(buffer));
        Assert.Equal(4, await slow.Queue.ReadAsync(buffer));
        Assert.Equal(0, await slow.Queue.ReadAsync(buffer));
    }

    [Fact]
    public async Task Hub_MoreInputThanRoom_WaitsForTheGuest()
    {
        ConsoleHub hub = new();
        byte[] typed = new byte[100_000];
        Array.Fill(typed, (byte)'a');
        Task sending = hub.SendAsync(typed, TestContext.Current.CancellationToken);

        byte[] buffer = new byte[1000];
        int received = 0;
        while (received < typed.Length)
        {
            received += hub.Read(buffer);
        }

        await sending;
        Assert.Equal(0, hub.Read(buffer));
    }

    [Fact]
    public void Log_Full_MovesToSecondFile()
    {
        using TestFolder folder = new();
        ConsoleHub hub = new();
        string path = folder.File("log");
        using (ConsoleLog log = new(hub, path, maximum: 1))
        {
            // The least maximum is 64 KiB; a chunk that does not fit begins a new file.
            hub.Write(new byte[60_000]);
            hub.Complete();
        }

        ConsoleHub second = new();
        using (ConsoleLog log = new(second, path, maximum: 1))
        {
            second.Write(new byte[10_000]);
            second.Complete();
        }

        Assert.Equal(10_000, new FileInfo(path).Length);
        Assert.Equal(60_000, new FileInfo(path + ".1").Length);
    }
}
