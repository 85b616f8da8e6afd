using System.Net.Sockets;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Holds a fake worker at a point, for as long as the test wants: see the word fake.hold of its kernel's command line.</summary>
internal sealed class Hold : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Socket? _held;
    private Task _released = Task.CompletedTask;

    public Hold(Session session, string point)
    {
        string path = Path.Combine(session.Folder, $"{Guid.NewGuid():N}"[..8]);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Words = $"fake.hold={point}:{path}";
    }

    /// <summary>What the machine's kernel command line must say.</summary>
    public string Words { get; }

    /// <summary>Returns when the worker is at the point.</summary>
    public void Wait()
    {
        Task<Socket> arrival = _listener.AcceptAsync();
        Assert.True(arrival.Wait(Limit), $"The worker did not come to the point within {Limit}.");
        _held = arrival.Result;
    }

    /// <summary>Lets the worker go on, now and whenever it comes to the point again.</summary>
    public void Release()
    {
        _held?.Dispose();
        _held = null;
        _released = AcceptAllAsync();
    }

    public void Dispose()
    {
        _held?.Dispose();
        _listener.Dispose();
        _released.Wait();
    }

    // Never Accept: on a socket that has accepted asynchronously before, .NET 10's Accept closes descriptor 0 when the socket is disposed.
    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                (await _listener.AcceptAsync().ConfigureAwait(false)).Dispose();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
