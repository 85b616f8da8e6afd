using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.FakeWorker;

/// <summary>Speaks a worker's protocol without running anything.</summary>
internal sealed class FakeMachine(WorkerConfiguration configuration)
{
    private readonly FakeGuest _guest = FakeGuest.Parse(configuration.CommandLine);
    private readonly TaskCompletionSource<WorkerExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private WorkerState _state = WorkerState.Running;
    private IReadOnlyList<WorkerNetworkAdapter> _adapters = configuration.NetworkAdapters;
    private long _resets;

    private string Invalid => configuration.SavedStateFile + WorkerConfiguration.InvalidStateEnding;

    private WorkerEngine Engine => configuration.Engine == WorkerEngine.Auto ? WorkerEngine.Software : configuration.Engine;

    public async Task<int> RunAsync()
    {
        if (_guest.Crashes)
        {
            Console.Error.WriteLine("fake worker: crashing as told");
            return 70;
        }

        if (_guest.Failure is { } failure)
        {
            WriteStatus(Exit(WorkerExitReason.StartFailed, failure));
            return 1;
        }

        if (_guest.EndsAtOnce)
        {
            WriteStatus(Exit(WorkerExitReason.PowerOff, null));
            return 0;
        }

        if (!configuration.RestoreSavedState)
        {
            File.WriteAllText(Invalid, "");
        }
        else if (FakeState.WhyUnusable(configuration) is null)
        {
            File.Move(configuration.SavedStateFile!, Invalid);
        }
        else
        {
            WriteStatus(Exit(WorkerExitReason.StartFailed, "The saved state is damaged."));
            return 1;
        }

        await HoldAsync("start");
        List<Socket> networks = [.. _adapters.Select(adapter => adapter.Socket).OfType<string>().Select(Connect)];
        using Socket control = Listen(configuration.ControlSocket);
        using Socket console = Listen(configuration.ConsoleSocket!);
        using Socket? second = configuration.SecondSerialSocket is { } path ? Listen(path) : null;
        Print(configuration.RestoreSavedState ? "fake guest: goes on\r\n" : "fake guest: booted\r\n");
        _ = AcceptAsync(control, ServeControlAsync);
        _ = AcceptAsync(console, ServeConsoleAsync);
        WorkerExit exit = await _exit.Task;
        WriteStatus(exit);
        networks.ForEach(network => network.Dispose());
        return 0;
    }

    private static Socket Connect(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static Socket Listen(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return socket;
    }

    private static async Task AcceptAsync(Socket listener, Func<Socket, Task> serve)
    {
        while (true)
        {
            _ = serve(await listener.AcceptAsync());
        }
    }

    private async Task ServeConsoleAsync(Socket socket)
    {
        using StreamReader reader = new(new NetworkStream(socket, ownsSocket: true));
        StringBuilder line = new();
        char[] one = new char[1];
        while (await reader.ReadAsync(one) == 1)
        {
            if (one[0] != '\r')
            {
                _ = line.Append(one[0]);
                continue;
            }

            Print($"echo {line}\r\n");
            if (line.ToString() == "poweroff")
            {
                _ = _exit.TrySetResult(Exit(WorkerExitReason.PowerOff, null));
            }
            else if (line.ToString() == "triplefault")
            {
                _ = _exit.TrySetResult(Exit(WorkerExitReason.TripleFault, null));
            }

            _ = line.Clear();
        }
    }

    private async Task ServeControlAsync(Socket socket)
    {
        NetworkStream stream = new(socket, ownsSocket: true);
        using StreamReader reader = new(stream);
        SemaphoreSlim write = new(1);
        while (await reader.ReadLineAsync() is { } line)
        {
            WorkerRequest request = JsonSerializer.Deserialize(line, WorkerJsonContext.Default.WorkerRequest)!;
            _ = AnswerAsync(request, stream, write);
        }
    }

    private async Task AnswerAsync(WorkerRequest request, NetworkStream stream, SemaphoreSlim write)
    {
        WorkerResponse response;
        try
        {
            response = new WorkerResponse { Id = request.Id, Result = await DoAsync(request) };
        }
        catch (InvalidOperationException error)
        {
            response = new WorkerResponse { Id = request.Id, Error = new WorkerError { Code = WorkerErrorCode.InvalidState, Message = error.Message } };
        }
        catch (IOException error)
        {
            response = new WorkerResponse { Id = request.Id, Error = new WorkerError { Code = WorkerErrorCode.Failed, Message = error.Message } };
        }

        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(response, WorkerJsonContext.Default.WorkerResponse), (byte)'\n'];
        await write.WaitAsync();
        await stream.WriteAsync(bytes);
        _ = write.Release();
    }

    private async Task<JsonElement?> DoAsync(WorkerRequest request)
    {
        string method = request.Method;
        if (_guest.IsStuck && method != WorkerMethod.Status)
        {
            await Task.Delay(Timeout.Infinite);
        }

        switch (method)
        {
            case WorkerMethod.Status:
                return JsonSerializer.SerializeToElement(Status(), WorkerJsonContext.Default.WorkerStatus);
            case WorkerMethod.Statistics:
                return JsonSerializer.SerializeToElement(Counters(), WorkerJsonContext.Default.IReadOnlyDictionaryStringInt64);
            case WorkerMethod.Stop:
                await HoldAsync("stop");
                _ = _exit.TrySetResult(Exit(WorkerExitReason.TurnedOff, null));
                return null;
            case WorkerMethod.Shutdown:
                if (!_guest.IgnoresPowerButton)
                {
                    Print("fake guest: power button\r\n");
                    _ = _exit.TrySetResult(Exit(WorkerExitReason.PowerOff, null));
                }

                return null;
            case WorkerMethod.Reset:
                _ = Interlocked.Increment(ref _resets);
                Print("fake guest: booted\r\n");
                return null;
            case WorkerMethod.Pause:
                Change(WorkerState.Running, WorkerState.Paused);
                return null;
            case WorkerMethod.Resume:
                Change(WorkerState.Paused, WorkerState.Running);
                return null;
            case WorkerMethod.Save:
                await HoldAsync("save");
                Save();
                return null;
            case WorkerMethod.ChangeAdapter:
                ChangeAdapter(request.Adapter!);
                return null;
            case WorkerMethod.Capture:
                RequirePaused();
                await HoldAsync("capture");
                Capture();
                return null;
            case WorkerMethod.FlushDisks:
                RequirePaused();
                return null;
            case WorkerMethod.Release:
                File.WriteAllText(Invalid, "");
                return null;
            case WorkerMethod.Wait:
                return JsonSerializer.SerializeToElement(await _exit.Task, WorkerJsonContext.Default.WorkerExit);
            default:
                throw new InvalidOperationException($"There is no method {method}.");
        }
    }

    private void Save()
    {
        if (_guest.CannotBeSaved)
        {
            throw new IOException("The disk is full.");
        }

        File.WriteAllBytes(Invalid, FakeState.Of(configuration));
        if (_guest.DiesSaving)
        {
            Environment.Exit(70);
        }

        File.Move(Invalid, configuration.SavedStateFile!);
        _ = _exit.TrySetResult(Exit(WorkerExitReason.Saved, null));
    }

    private void ChangeAdapter(WorkerNetworkAdapter adapter)
    {
        lock (_lock)
        {
            _adapters = _guest.IsWiredForGood
                ? throw new InvalidOperationException("The adapter cannot be changed, as told.")
                : [.. _adapters.Select(each => each.Id == adapter.Id ? adapter : each)];
        }
    }


    private void Capture()
    {
        if (_guest.CannotBeCaptured)
        {
            throw new IOException("The disk is full.");
        }

        File.WriteAllBytes(Invalid, FakeState.Of(configuration));
    }

    private void RequirePaused()
    {
        if (_state != WorkerState.Paused)
        {
            throw new InvalidOperationException($"The machine is {_state}.");
        }
    }

    // Somebody else says when to go on: until then the connection is open.
    private async Task HoldAsync(string point)
    {
        if (_guest.Hold is not { } hold || hold.Point != point)
        {
            return;
        }

        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(hold.Socket));
        _ = await socket.ReceiveAsync(new byte[1]);
    }

    private void Change(WorkerState from, WorkerState to)
    {
        lock (_lock)
        {
            _state = _state == from ? to : throw new InvalidOperationException($"The machine is {_state}.");
        }
    }

    private WorkerStatus Status() => new()
    {
        Id = configuration.Id,
        Name = configuration.Name,
        ProcessId = Environment.ProcessId,
        State = _state,
        Engine = Engine,
        ExposeVirtualizationExtensions = configuration.ExposeVirtualizationExtensions,
        ProcessorCount = configuration.ProcessorCount,
        MemoryBytes = configuration.MemoryBytes,
        UptimeMilliseconds = 61_000,
        CpuUsagePercent = 7,
        NetworkAdapters =
        [
            .. _adapters.Select(adapter => new WorkerAdapterStatus
            {
                Id = adapter.Id,
                Connected = adapter.Connected,
                IsAlone = adapter.Socket is not null,
                Addresses = adapter.Connected ? ["192.0.2.7"] : [],
                Counters = new Dictionary<string, long> { ["Spoofing"] = adapter.Port.MacAddressSpoofing ? 1 : 0 },
            }),
        ],
    };

    private Dictionary<string, long> Counters() => new() { ["vmrunCount"] = 42, ["resets"] = Interlocked.Read(ref _resets) };

    private WorkerExit Exit(WorkerExitReason reason, string? message) => new()
    {
        Id = configuration.Id,
        Name = configuration.Name,
        Reason = reason,
        Message = message,
        Engine = Engine,
        EndedAt = DateTimeOffset.UtcNow,
        Counters = Counters(),
    };

    private void Print(string text)
    {
        lock (_lock)
        {
            File.AppendAllText(configuration.ConsoleLog!, text);
        }
    }

    private void WriteStatus(WorkerExit exit)
    {
        File.WriteAllBytes(configuration.StatusFile + ".new", JsonSerializer.SerializeToUtf8Bytes(exit, WorkerJsonContext.Default.WorkerExit));
        File.Move(configuration.StatusFile + ".new", configuration.StatusFile!);
    }
}
