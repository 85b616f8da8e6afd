using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nestvisor.Api.Worker;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Control;

/// <summary>The control socket: requests and responses, one JSON object a line. Requests of one client run side by side.</summary>
internal sealed class ControlServer : IDisposable
{
    private readonly WorkerConfiguration _configuration;
    private readonly LocalListener _listener;
    private readonly TaskCompletionSource<WorkerExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PendingWork _pending = new();
    private volatile VirtualMachine? _machine;

    public ControlServer(WorkerConfiguration configuration)
    {
        _configuration = configuration;
        _listener = new LocalListener(configuration.ControlSocket, ServeAsync);
    }

    /// <summary>Says which machine the requests are about.</summary>
    public void SetMachine(VirtualMachine machine) => _machine = machine;

    /// <summary>Says how the run ended, and waits for a while until the clients have got their answers.</summary>
    public void Complete(WorkerExit exit)
    {
        _exit.TrySetResult(exit);
        _pending.AwaitNone(TimeSpan.FromSeconds(2));
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Socket client)
    {
        using NetworkStream stream = new(client);
        LineReader reader = new(stream);
        using SemaphoreSlim writing = new(1);
        List<Task> answers = [];
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                answers.RemoveAll(each => each.IsCompleted);
                answers.Add(AnswerAsync(line, stream, writing));
            }
        }
        catch (InvalidDataException e)
        {
            answers.Add(WriteAsync(Error(0, WorkerErrorCode.InvalidRequest, e.Message), stream, writing));
        }
        finally
        {
            // The stream must outlive who writes to it; a client that has gone makes the writes fail.
            await Task.WhenAll(answers).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> line, NetworkStream stream, SemaphoreSlim writing)
    {
        using IDisposable work = _pending.Enter();
        await Task.Yield();
        try
        {
            await WriteAsync(await HandleAsync(line).ConfigureAwait(false), stream, writing).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The client has gone.
        }
    }

    private static async Task WriteAsync(WorkerResponse response, NetworkStream stream, SemaphoreSlim writing)
    {
        byte[] text = [.. JsonSerializer.SerializeToUtf8Bytes(response, WorkerJsonContext.Default.WorkerResponse), (byte)'\n'];
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(text).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task<WorkerResponse> HandleAsync(ReadOnlyMemory<byte> line)
    {
        WorkerRequest request;
        try
        {
            request = JsonSerializer.Deserialize(line.Span, WorkerJsonContext.Default.WorkerRequest)
                ?? throw new JsonException("The request is null.");
        }
        catch (JsonException e)
        {
            return Error(0, WorkerErrorCode.InvalidRequest, $"The line is not a request: {e.Message}");
        }

        try
        {
            return await ExecuteAsync(request).ConfigureAwait(false);
        }
        catch (InvalidOperationException e)
        {
            return Error(request.Id, WorkerErrorCode.InvalidState, e.Message);
        }
#pragma warning disable CA1031 // The client gets it; the machine goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Error(request.Id, WorkerErrorCode.Failed, e.Message);
        }
    }

    private async Task<WorkerResponse> ExecuteAsync(WorkerRequest request)
    {
        switch (request.Method)
        {
            case WorkerMethod.Status:
                return Result(request, GetStatus(), WorkerJsonContext.Default.WorkerStatus);
            case WorkerMethod.Statistics:
                return Result(request, GetMachine().GetCounters(), WorkerJsonContext.Default.IReadOnlyDictionaryStringInt64);
            case WorkerMethod.Wait:
                return Result(request, await _exit.Task.ConfigureAwait(false), WorkerJsonContext.Default.WorkerExit);
            case WorkerMethod.Stop:
                GetMachine().Stop();
                break;
            case WorkerMethod.Shutdown:
                GetMachine().RequestShutdown();
                break;
            case WorkerMethod.Reset:
                GetMachine().Reset();
                break;
            case WorkerMethod.Pause:
                GetMachine().Pause();
                break;
            case WorkerMethod.Resume:
                GetMachine().Resume();
                break;
            case WorkerMethod.Save:
                GetMachine().Save();
                break;
            case WorkerMethod.Capture:
                GetMachine().Capture();
                break;
            case WorkerMethod.FlushDisks:
                GetMachine().FlushPaused();
                break;
            case WorkerMethod.Release:
                GetMachine().Release();
                break;
            case WorkerMethod.ChangeAdapter when request.Adapter is { } adapter:
                GetMachine().ChangeAdapter(adapter);
                break;
            case WorkerMethod.ChangeAdapter:
                return Error(request.Id, WorkerErrorCode.InvalidRequest, $"The method '{request.Method}' needs an adapter.");
            default:
                return Error(request.Id, WorkerErrorCode.UnknownMethod, $"There is no method '{request.Method}'.");
        }

        return new WorkerResponse { Id = request.Id };
    }

    private VirtualMachine GetMachine() =>
        _machine ?? throw new InvalidOperationException("The machine is being put together. Ask again when its state is Running.");

    private WorkerStatus GetStatus()
    {
        WorkerExit? exit = _exit.Task.IsCompletedSuccessfully ? _exit.Task.Result : null;
        return _machine?.GetStatus(exit) ?? new WorkerStatus
        {
            Id = _configuration.Id,
            Name = _configuration.Name,
            ProcessId = Environment.ProcessId,
            State = exit is null ? WorkerState.Starting : WorkerState.Off,
            Engine = _configuration.Engine,
            ExposeVirtualizationExtensions = _configuration.ExposeVirtualizationExtensions,
            ProcessorCount = _configuration.ProcessorCount,
            MemoryBytes = _configuration.MemoryBytes,
            Exit = exit,
        };
    }

    private static WorkerResponse Result<T>(WorkerRequest request, T value, JsonTypeInfo<T> type) =>
        new() { Id = request.Id, Result = JsonSerializer.SerializeToElement(value, type) };

    private static WorkerResponse Error(long id, string code, string message) =>
        new() { Id = id, Error = new WorkerError { Code = code, Message = message } };
}
