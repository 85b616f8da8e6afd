using System.Diagnostics;
using System.Text.Json;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Networks;
using Nestvisor.Platform.Processes;

namespace Nestvisor.Management.Workers;

/// <summary>One run of a machine: the connection to its worker. The worker does not depend on it and goes on without the service.</summary>
internal sealed class WorkerRun : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPollInterval = TimeSpan.FromMilliseconds(500);
    private const int LongestQuotedOutput = 2000;

    // A slow disk's, so that a machine with much memory is not taken for one that hangs.
    private const long SlowestBytesPerSecond = 20 << 20;

    private readonly WorkerConnection _connection;
    private readonly WorkerFiles _files;
    private readonly Task<int>? _exitCode;

    private WorkerRun(WorkerConnection connection, WorkerFiles files, Task<int>? exitCode)
    {
        _connection = connection;
        _files = files;
        _exitCode = exitCode;
        Ended = WaitForEndAsync();
    }

    /// <summary>The worker's process.</summary>
    public int ProcessId => _connection.ProcessId;

    /// <summary>Whether the worker has ended, or is about to.</summary>
    public bool IsGone => _connection.IsGone;

    /// <summary>How the run ended; null if the worker died without saying.</summary>
    public Task<WorkerExit?> Ended { get; }

    /// <summary>Finds the worker of a machine that an earlier service started; null if there is none.</summary>
    public static async Task<WorkerRun?> FindAsync(WorkerFiles files, CancellationToken cancellation) =>
        await WorkerConnection.TryConnectAsync(files.ControlSocket, cancellation).ConfigureAwait(false) is { } connection
            ? new WorkerRun(connection, files, exitCode: null)
            : null;

    /// <summary>Starts a worker, which goes on from the saved state if there is one, and waits until the guest runs.</summary>
    /// <returns>The run; null if the guest was done before anybody could connect to its worker.</returns>
    /// <exception cref="ApiException">It did not come to that; nothing is left behind.</exception>
    public static async Task<WorkerRun?> StartAsync(
        MachineConfiguration machine, PreparedPorts ports, WorkerFiles files, CancellationToken cancellation)
    {
        string program = ProgramLocator.Find(ProgramLocator.Worker);
        WorkerFiles.RequireFreePorts(machine);
        files.Prepare(continues: files.HasSavedState);
        DetachedProcess? process = null;
        Task<int>? exitCode = null;
        try
        {
            AtomicFile.Write(
                files.WorkerConfiguration,
                JsonSerializer.SerializeToUtf8Bytes(Describe(machine, ports, files), WorkerJsonContext.Default.WorkerConfiguration));
            IReadOnlyList<string> command = [.. ports.Prefix, program, "run", "--config", files.WorkerConfiguration];
            process = DetachedProcess.Start(command[0], [.. command.Skip(1)], files.WorkerOutput);
            exitCode = Task.Factory.StartNew(process.WaitForExit, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return await WaitUntilRunningAsync(machine, files, exitCode, cancellation).ConfigureAwait(false);
        }
        catch
        {
            if (process is not null && exitCode is { IsCompleted: false })
            {
                // The child has not been waited for, so its identifier cannot have passed to another process.
                Kill(process.Id);
                _ = await exitCode.ConfigureAwait(false);
            }

            files.CleanUp();
            WorkerFiles.RemovePorts(machine);
            File.Delete(files.LastRun);
            throw;
        }
    }

    /// <summary>The worker's status; null if it does not answer in time or is gone.</summary>
    public async Task<WorkerStatus?> GetStatusAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerLimit);
        try
        {
            JsonElement? answer = await _connection.RequestAsync(WorkerMethod.Status, limit.Token).ConfigureAwait(false);
            return answer?.Deserialize(WorkerJsonContext.Default.WorkerStatus);
        }
        catch (Exception error) when (error is IOException or JsonException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The worker's counters.</summary>
    public async Task<IReadOnlyDictionary<string, long>> GetStatisticsAsync(CancellationToken cancellation)
    {
        JsonElement? answer = await RequestAsync(WorkerMethod.Statistics, cancellation).ConfigureAwait(false);
        return answer?.Deserialize(WorkerJsonContext.Default.IReadOnlyDictionaryStringInt64) ?? new Dictionary<string, long>();
    }

    /// <summary>Does one of <see cref="WorkerMethod"/>.</summary>
    /// <exception cref="ApiException">The worker answered with an error, or not in time, or is gone.</exception>
    public Task<JsonElement?> RequestAsync(string method, CancellationToken cancellation) => RequestAsync(method, AnswerLimit, cancellation);

    /// <summary>Saves the machine's state, which ends the run.</summary>
    /// <exception cref="ApiException">The state was not saved, or nobody knows.</exception>
    public Task SaveAsync(MachineConfiguration machine) =>
        RequestAsync(WorkerMethod.Save, TimeFor(machine), CancellationToken.None);

    /// <summary>What is behind an adapter since the run began.</summary>
    /// <returns>The interface or the socket; null if there is none.</returns>
    public AdapterWire? FindWire(Guid adapter)
    {
        try
        {
            WorkerConfiguration? configuration = JsonSerializer.Deserialize(
                File.ReadAllBytes(_files.WorkerConfiguration), WorkerJsonContext.Default.WorkerConfiguration);
            return configuration?.NetworkAdapters.FirstOrDefault(each => each.Id == adapter) is { } found && (found.Interface ?? found.Socket) is not null
                ? new AdapterWire { Interface = found.Interface, Socket = found.Socket }
                : null;
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            throw ApiException.Failed($"What the worker (process {ProcessId}) was started with cannot be read: {error.Message}");
        }
    }

    /// <summary>Plugs an adapter's cable in or out and changes what its port lets through.</summary>
    /// <exception cref="ApiException">The worker answered with an error, or not in time, or is gone.</exception>
    public Task ChangeAdapterAsync(WorkerNetworkAdapter adapter) =>
        RequestAsync(WorkerMethod.ChangeAdapter, AnswerLimit, CancellationToken.None, adapter);

    /// <summary>Prepares a machine that is paused for a copy of its files.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="withState">Whether its state is written, for a copy too.</param>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task CaptureAsync(MachineConfiguration machine, bool withState) =>
        RequestAsync(withState ? WorkerMethod.Capture : WorkerMethod.FlushDisks, TimeFor(machine), CancellationToken.None);

    private async Task<JsonElement?> RequestAsync(
        string method, TimeSpan time, CancellationToken cancellation, WorkerNetworkAdapter? adapter = null)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(time);
        try
        {
            return await _connection.RequestAsync(method, adapter, limit.Token).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw ApiException.InvalidState($"The virtual machine ended during the operation. {error.Message}");
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new ApiException(
                ApiErrorCode.OperationTimeout,
                ApiErrorCategory.OperationTimeout,
                $"The worker (process {ProcessId}) did not answer within {time.TotalSeconds} seconds. Turn the machine off with Stop-VM -TurnOff if it stays so.",
                error);
        }
    }

    /// <summary>Turns the machine off; a worker that does not do it itself is killed.</summary>
    public async Task TurnOffAsync()
    {
        try
        {
            _ = await RequestAsync(WorkerMethod.Stop, CancellationToken.None).ConfigureAwait(false);
            _ = await Ended.WaitAsync(AnswerLimit).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ApiException or TimeoutException)
        {
            // An open connection proves that the identifier is still the worker's.
            if (!_connection.Closed.IsCompleted)
            {
                Kill(ProcessId);
            }

            _ = await Ended.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>The machine as its worker knows it, but for the files of a run.</summary>
    public static WorkerConfiguration Describe(MachineConfiguration machine) => new()
    {
        Id = machine.Id,
        Name = machine.Name,
        Engine = machine.Engine,
        MemoryBytes = machine.MemoryStartupBytes,
        ProcessorCount = machine.ProcessorCount,
        ExposeVirtualizationExtensions = machine.ExposeVirtualizationExtensions,
        MaskedCpuFeatures = machine.MaskedProcessorFeatures,
        Kernel = machine.KernelPath ?? "",
        Initrd = machine.InitialRamDiskPath,
        CommandLine = machine.KernelCommandLine,
        Disks = [.. machine.Disks.Select(disk => new WorkerDisk { Path = disk.Path, ReadOnly = disk.ReadOnly })],
        TestDevices = machine.TestDevices,
        ControlSocket = "",
    };

    private static WorkerConfiguration Describe(MachineConfiguration machine, PreparedPorts ports, WorkerFiles files) => Describe(machine) with
    {
        NetworkAdapters = ports.Adapters,
        ControlSocket = files.ControlSocket,
        ConsoleSocket = files.ConsoleSocketOf(machine),
        SecondSerialSocket = machine.ComPort2Path,
        ConsoleLog = files.ConsoleLog,
        StatusFile = files.LastRun,
        SavedStateFile = files.SavedState,
        RestoreSavedState = files.HasSavedState,
    };

    private static TimeSpan TimeFor(MachineConfiguration machine) =>
        StartLimit + TimeSpan.FromSeconds(machine.MemoryStartupBytes / SlowestBytesPerSecond);

    private static async Task<WorkerRun?> WaitUntilRunningAsync(
        MachineConfiguration machine, WorkerFiles files, Task<int> exitCode, CancellationToken cancellation)
    {
        TimeSpan limit = files.HasSavedState ? TimeFor(machine) : StartLimit;
        long deadline = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        WorkerRun? run = null;
        Pace pace = new(PollInterval, LongestPollInterval);
        try
        {
            while (Stopwatch.GetTimestamp() < deadline)
            {
                long began = Stopwatch.GetTimestamp();
                if (run is null && await WorkerConnection.TryConnectAsync(files.ControlSocket, cancellation).ConfigureAwait(false) is { } connection)
                {
                    run = new WorkerRun(connection, files, exitCode);
                }

                WorkerStatus? status = run is null ? null : await run.GetStatusAsync(cancellation).ConfigureAwait(false);
                if (run is not null && status is { State: not (WorkerState.Starting or WorkerState.Off) })
                {
                    return run;
                }

                if (exitCode.IsCompleted)
                {
                    WorkerExit? exit = ReadLastRun(files);
                    if (exit is { Reason: not (WorkerExitReason.StartFailed or WorkerExitReason.InternalError) })
                    {
                        // A guest that is done at once has run all the same.
                        return run;
                    }

                    throw ApiException.Failed($"'{machine.Name}' failed to start. {exit?.Message ?? OutputOf(files, await exitCode.ConfigureAwait(false))}");
                }

                pace.Looked(began);
                _ = await Task.WhenAny(exitCode, pace.RestAsync(cancellation)).ConfigureAwait(false);
            }
        }
        catch
        {
            run?.Dispose();
            throw;
        }

        run?.Dispose();
        throw new ApiException(
            ApiErrorCode.OperationTimeout,
            ApiErrorCategory.OperationTimeout,
            $"'{machine.Name}' failed to start: its worker was not ready within {limit.TotalMinutes:0} minutes. {OutputOf(files, null)}");
    }

    private static string OutputOf(WorkerFiles files, int? exitCode)
    {
        string output = File.Exists(files.WorkerOutput) ? File.ReadAllText(files.WorkerOutput).Trim() : "";
        output = output.Length > LongestQuotedOutput ? output[^LongestQuotedOutput..] : output;
        string end = exitCode switch
        {
            null => "",
            < 0 => $"The worker was killed by signal {-exitCode}.",
            _ => $"The worker ended with exit code {exitCode}.",
        };
        return output.Length == 0 ? end : $"{end} It printed: {output}".TrimStart();
    }

    private static void Kill(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>How the machine's last run ended, as its worker wrote it; null if it wrote nothing readable.</summary>
    public static WorkerExit? ReadLastRun(WorkerFiles files)
    {
        try
        {
            return File.Exists(files.LastRun)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(files.LastRun), WorkerJsonContext.Default.WorkerExit)
                : null;
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            return null;
        }
    }

    private async Task<WorkerExit?> WaitForEndAsync()
    {
        WorkerExit? exit = null;
        try
        {
            JsonElement? answer = await _connection.RequestAsync(WorkerMethod.Wait, CancellationToken.None).ConfigureAwait(false);
            exit = answer?.Deserialize(WorkerJsonContext.Default.WorkerExit);
        }
        catch (Exception error) when (error is IOException or JsonException or ApiException)
        {
            // The worker is gone, or cannot say; its process and its status file tell.
        }

        // The files and memory of the machine are free only when the process is gone.
        await WaitForProcessAsync().ConfigureAwait(false);
        return ReadLastRun(_files) ?? exit;
    }

    private async Task WaitForProcessAsync()
    {
        Task end = _exitCode ?? PollProcessAsync();
        if (await Task.WhenAny(end, Task.Delay(ExitLimit)).ConfigureAwait(false) != end)
        {
            Kill(ProcessId);
            await end.ConfigureAwait(false);
        }
    }

    private async Task PollProcessAsync()
    {
        string folder = $"/proc/{ProcessId}";
        Pace pace = new(PollInterval, LongestPollInterval);
        long began = Stopwatch.GetTimestamp();
        while (Directory.Exists(folder) && !IsZombie(folder))
        {
            pace.Looked(began);
            await pace.RestAsync().ConfigureAwait(false);
            began = Stopwatch.GetTimestamp();
        }
    }

    // proc(5): the state is the first field after the program's name, which ends with the last parenthesis.
    private static bool IsZombie(string folder)
    {
        try
        {
            string stat = File.ReadAllText(folder + "/stat");
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart() is ['Z' or 'X', ..];
        }
        catch (IOException)
        {
            return true;
        }
    }
}
