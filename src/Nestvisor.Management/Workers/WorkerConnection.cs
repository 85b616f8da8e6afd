using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Workers;

/// <summary>A connection to a worker's control socket. When the worker is gone, every open and later request fails.</summary>
internal sealed class WorkerConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement?>> _pending = new();
    private readonly SemaphoreSlim _write = new(1);
    private long _lastId;
    private volatile bool _gone;

    private WorkerConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        ProcessId = UserIdentity.OfPeer(socket).ProcessId;
        Closed = Task.Run(ReadResponsesAsync);
    }

    /// <summary>The worker's process.</summary>
    public int ProcessId { get; }

    /// <summary>Ends when the worker has closed the connection, which it does at the latest by dying.</summary>
    public Task Closed { get; }

    /// <summary>Whether requests fail because the worker has closed the connection.</summary>
    public bool IsGone => _gone;

    /// <summary>Connects; null if nobody listens there.</summary>
    public static async Task<WorkerConnection?> TryConnectAsync(string path, CancellationToken cancellation)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new WorkerConnection(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="IOException">The worker is gone.</exception>
    /// <exception cref="ApiException">The worker answered with an error.</exception>
    public Task<JsonElement?> RequestAsync(string method, CancellationToken cancellation) => RequestAsync(method, adapter: null, cancellation);

    /// <summary>Sends a request about a network adapter and waits for its answer.</summary>
    /// <exception cref="IOException">The worker is gone.</exception>
    /// <exception cref="ApiException">The worker answered with an error.</exception>
    public async Task<JsonElement?> RequestAsync(string method, WorkerNetworkAdapter? adapter, CancellationToken cancellation)
    {
        long id = Interlocked.Increment(ref _lastId);
        TaskCompletionSource<JsonElement?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            // The flag is set before the pending requests are failed, and this one is already among them: either it is failed there or here.
            if (_gone)
            {
                throw Gone();
            }

            byte[] request = JsonSerializer.SerializeToUtf8Bytes(
                new WorkerRequest { Id = id, Method = method, Adapter = adapter }, WorkerJsonContext.Default.WorkerRequest);
            await _write.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await _stream.WriteAsync((byte[])[.. request, (byte)'\n'], cancellation).ConfigureAwait(false);
            }
            finally
            {
                _ = _write.Release();
            }

            return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            throw Gone();
        }
        finally
        {
            _ = _pending.TryRemove(id, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static IOException Gone() => new("The worker has ended.");

    private async Task ReadResponsesAsync()
    {
        try
        {
            using StreamReader reader = new(_stream);
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                WorkerResponse? response = JsonSerializer.Deserialize(line, WorkerJsonContext.Default.WorkerResponse);
                if (response is not null && _pending.TryRemove(response.Id, out TaskCompletionSource<JsonElement?>? answer))
                {
                    Complete(answer, response);
                }
            }
        }
        catch (Exception error) when (error is IOException or JsonException or ObjectDisposedException)
        {
            // A worker that breaks the protocol is treated like one that is gone: what runs is decided by its process.
        }

        _gone = true;
        foreach (TaskCompletionSource<JsonElement?> answer in _pending.Values)
        {
            _ = answer.TrySetException(Gone());
        }
    }

    private static void Complete(TaskCompletionSource<JsonElement?> answer, WorkerResponse response)
    {
        if (response.Error is not { } error)
        {
            _ = answer.TrySetResult(response.Result);
            return;
        }

        _ = answer.TrySetException(error.Code == WorkerErrorCode.InvalidState ? ApiException.InvalidState(error.Message) : ApiException.Failed(error.Message));
    }
}
