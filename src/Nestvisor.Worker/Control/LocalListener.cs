using System.Net.Sockets;
using Nestvisor.Platform;

namespace Nestvisor.Worker.Control;

/// <summary>A Unix socket on which only the worker's own user and root may talk.</summary>
internal sealed class LocalListener : IDisposable
{
    private const int LongestPath = 107;
    private const int Waiting = 16;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<Socket, Task> _serve;

    /// <summary>Starts to listen. A socket that a dead worker left at the path is replaced.</summary>
    /// <param name="path">The socket's path.</param>
    /// <param name="serve">Talks to one client until it leaves; the socket is disposed then.</param>
    /// <exception cref="ArgumentException">The path is too long.</exception>
    /// <exception cref="IOException">Another worker listens there, or the path cannot be used.</exception>
    public LocalListener(string path, Func<Socket, Task> serve)
    {
        _serve = serve;
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new ArgumentException($"The socket path '{path}' is longer than {LongestPath} bytes. Use a folder with a shorter name.");
        }

        RemoveStale(path);
        try
        {
            _socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _socket.Listen(Waiting);
        }
        catch (SocketException e)
        {
            throw new IOException($"Cannot listen on '{path}': {e.Message}. Check that the folder exists and may be written.", e);
        }

        _ = AcceptAsync();
    }

    public void Dispose() => _socket.Dispose();

    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException($"'{path}' is in the way of the socket: {e.Message}. Remove it.", e);
        }

        throw new IOException($"Another worker listens on '{path}'. Stop it first.");
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _socket.AcceptAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that left between connect and accept.
                continue;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            try
            {
                uint user = PeerCredentials.Of(client).UserId;
                if (user == 0 || user == PeerCredentials.OwnUserId)
                {
                    await _serve(client).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone.
            }
        }
    }
}
