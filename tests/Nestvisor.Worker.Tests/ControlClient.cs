using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Tests;

/// <summary>A client of a worker's control socket.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private long _id;

    private ControlClient(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket));
    }

    /// <summary>Connects, as soon as the worker listens.</summary>
    public static ControlClient Connect(string path) => new(ConnectSocket(path));

    public static Socket ConnectSocket(string path)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                socket.ReceiveTimeout = (int)WorkerProcess.Patience.TotalMilliseconds;
                return socket;
            }
            catch (SocketException) when (watch.Elapsed < WorkerProcess.Patience)
            {
                socket.Dispose();
                Thread.Yield();
            }
        }
    }

    public WorkerResponse Ask(string method) => AskRaw($$"""{"id":{{++_id}},"method":"{{method}}"}""");

    public WorkerResponse AskRaw(string line)
    {
        _socket.Send(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        string answer = _reader.ReadLine() ?? throw new IOException("The worker has closed the connection.");
        return JsonSerializer.Deserialize(answer, WorkerJsonContext.Default.WorkerResponse)!;
    }

    public WorkerStatus GetStatus() => Ask(WorkerMethod.Status).Result!.Value.Deserialize(WorkerJsonContext.Default.WorkerStatus)!;

    /// <summary>Asks until the machine is in a state.</summary>
    public WorkerStatus Await(WorkerState state)
    {
        Stopwatch watch = Stopwatch.StartNew();
        WorkerStatus status;
        while ((status = GetStatus()).State != state)
        {
            Assert.True(watch.Elapsed < WorkerProcess.Patience, $"The machine is {status.State} and not {state}.");
        }

        return status;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }
}
