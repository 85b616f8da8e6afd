using System.Net.Sockets;
using Nestvisor.Worker.Control;

namespace Nestvisor.Worker.Consoles;

/// <summary>The console socket: each client sees what the guest writes from its attachment on, and may type.</summary>
internal sealed class ConsoleServer : IDisposable
{
    private const int Backlog = 1 << 20;
    private const int ChunkSize = 16 << 10;

    private readonly ConsoleHub _hub;
    private readonly LocalListener _listener;

    public ConsoleServer(ConsoleHub hub, string path)
    {
        _hub = hub;
        _listener = new LocalListener(path, ServeAsync);
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Socket client)
    {
        ConsoleListener listener = _hub.Attach(Backlog);
        using CancellationTokenSource end = new();
        Task input = ReceiveAsync(client, listener, end.Token);
        try
        {
            byte[] buffer = new byte[ChunkSize];
            while (await listener.Queue.ReadAsync(buffer).ConfigureAwait(false) is var count and not 0)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += await client.SendAsync(buffer.AsMemory(sent, count - sent)).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _hub.Detach(listener);
            await end.CancelAsync().ConfigureAwait(false);
            await input.ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(Socket client, ConsoleListener listener, CancellationToken end)
    {
        byte[] buffer = new byte[ChunkSize];
        try
        {
            while (await client.ReceiveAsync(buffer, end).ConfigureAwait(false) is var count and not 0)
            {
                await _hub.SendAsync(buffer.AsMemory(0, count), end).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone, or the output to it has ended.
        }

        // A client that has closed its side has left: nothing else would tell, while the guest is silent.
        _hub.Detach(listener);
    }
}
