using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Disks;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Workers;
using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Machines;

/// <summary>
/// A virtual machine: its configuration and, while it is not off, its worker. Changes and operations of one machine happen one after
/// another; questions do not wait for them.
/// </summary>
internal sealed partial class ManagedMachine : IChangeableMachine
{
    private readonly ConfigurationStore _store;
    private readonly MachineLocation _location;
    private readonly WorkerFiles _files;
    private readonly MachinePorts _ports;
    private readonly MacAddressPool _addresses;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly SemaphoreSlim _changes = new(1);
    private readonly Lock _lock = new();
    private MachineConfiguration _configuration;
    private WorkerRun? _run;
    private WorkerExit? _lastExit;
    private MachineState? _transition;
    private bool _lost;
    private bool _saved;
    private bool _removed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A machine with the given configuration, which is already in the store.</summary>
    public ManagedMachine(
        MachineConfiguration configuration, ConfigurationStore store, NestvisorPaths paths, IPortHost ports, MacAddressPool addresses)
    {
        _configuration = configuration;
        _store = store;
        _ports = new MachinePorts(ports);
        _addresses = addresses;
        _location = store.LocationOf(configuration.Id);
        _files = new WorkerFiles(paths, configuration.Id, _location);
        _lastExit = WorkerRun.ReadLastRun(_files);
        _saved = _files.HasSavedState;
    }

    /// <summary>The machine's name.</summary>
    public string Name => _configuration.Name;

    /// <summary>Whether the machine has a worker or is getting one.</summary>
    public bool IsActive
    {
        get
        {
            lock (_lock)
            {
                return _run is not null || _transition is not null || _export is not null;
            }
        }
    }

    /// <summary>Tells whether the machine relies on a disk file: it is not off and has it.</summary>
    /// <param name="path">Absolute path of the file.</param>
    public DiskUse? UseOf(string path)
    {
        MachineConfiguration configuration;
        bool saved;
        lock (_lock)
        {
            configuration = _configuration;
            saved = _run is null && _transition is null && _saved;
            if (!saved && _run is null && _transition is null)
            {
                return null;
            }
        }

        foreach (DiskConfiguration disk in configuration.Disks)
        {
            if (FileIdentity.AreSame(disk.Path, path))
            {
                return new DiskUse(configuration.Name, saved, disk.ReadOnly);
            }
        }

        return null;
    }

    /// <summary>Finds the worker that an earlier service started, or removes what a dead one left.</summary>
    public async Task RecoverAsync(CancellationToken cancellation)
    {
        if (!Directory.Exists(_files.RuntimeFolder))
        {
            _files.CleanUp();
            return;
        }

        if (await WorkerRun.FindAsync(_files, cancellation).ConfigureAwait(false) is { } run)
        {
            Adopt(run);
        }
        else
        {
            _files.CleanUp();
            WorkerFiles.RemovePorts(_configuration);
            _lost = _lastExit is null;
            _saved = _files.HasSavedState;
        }
    }

    /// <summary>The machine as it is now.</summary>
    public async Task<MachineInfo> DescribeAsync(CancellationToken cancellation)
    {
        WorkerRun? run;
        lock (_lock)
        {
            run = _run;
        }

        WorkerStatus? status = run is null ? null : await run.GetStatusAsync(cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            // The run may have ended while the question was under way.
            bool running = _run is not null && ReferenceEquals(_run, run);
            MachineState state = _transition ?? (running ? StateOf(status) : StateAtRest);
            return new MachineInfo
            {
                Configuration = _configuration,
                ConfigurationLocation = _location.Folder,
                State = state,
                Status = running && status is null ? $"The worker (process {run!.ProcessId}) does not answer" : StatusText.Of(state, _lastExit, _lost, _export),
                RunningEngine = running ? status?.Engine : null,
                UptimeMilliseconds = running ? status?.UptimeMilliseconds ?? 0 : 0,
                CpuUsagePercent = running ? status?.CpuUsagePercent ?? 0 : 0,
                MemoryAssigned = running ? status?.MemoryBytes ?? _configuration.MemoryStartupBytes : 0,
                ProcessId = running ? run!.ProcessId : null,
                ConsoleSocket = running ? _files.ConsoleSocketOf(_configuration) : null,
                ConsoleLog = _files.ConsoleLog,
                NetworkAdapters = running ? status?.NetworkAdapters ?? [] : [],
                Warnings = running ? AloneNetwork.WarningsOf(_configuration, status?.NetworkAdapters ?? []) : [],
                LastExit = _lastExit,
                ExportPercent = _export?.Percent,
            };
        }
    }

    /// <summary>Changes the configuration.</summary>
    /// <param name="change">Makes the new configuration of the old one and the machine's state, or throws.</param>
    /// <param name="cancellation">Ends the wait for another operation.</param>
    public async Task ChangeAsync(Func<MachineConfiguration, MachineState, MachineConfiguration> change, CancellationToken cancellation)
    {
        if (_transition is { } passing && _export is null)
        {
            // What may change in such a state may change in each: it need not wait for what is under way.
            await ChangeNowAsync(change, passing, cancellation).ConfigureAwait(false);
            return;
        }

        using Operation operation = await BeginAsync("changed", cancellation).ConfigureAwait(false);
        await ChangeNowAsync(change, await StateAsync(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
    }

    /// <summary>Removes the machine, which must be off or saved.</summary>
    public async Task RemoveAsync(CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync("removed", cancellation).ConfigureAwait(false);
        _ = await RequireAsync("removed", cancellation, MachineState.Off, MachineState.Saved).ConfigureAwait(false);
        using Operation last = await ChangeAloneAsync(cancellation).ConfigureAwait(false);
        _store.Remove(_configuration.Id);
        _removed = true;
    }

    /// <summary>Starts the machine, or lets it go on if it is paused or saved.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync("started", cancellation).ConfigureAwait(false);
        if (await RequireAsync("started", cancellation, MachineState.Off, MachineState.Saved, MachineState.Paused).ConfigureAwait(false) == MachineState.Paused)
        {
            _ = await _run!.RequestAsync(WorkerMethod.Resume, cancellation).ConfigureAwait(false);
            Notify();
            return;
        }

        BootFiles.Check(_configuration);
        if (_configuration.ExposeVirtualizationExtensions)
        {
            VersionRules.CheckNesting(_configuration, HostProcessor.Read());
        }

        AssignAddresses();
        SetTransition(MachineState.Starting);
        try
        {
            // A caller that goes away does not stop a start half-way.
            PreparedPorts ports = await _ports.PrepareAsync(_configuration, CancellationToken.None).ConfigureAwait(false);
            if (await StartWorkerAsync(ports).ConfigureAwait(false) is { } run)
            {
                Adopt(run);
            }
            else
            {
                Finish(WorkerRun.ReadLastRun(_files));
            }
        }
        finally
        {
            SetTransition(null);
        }
    }

    /// <summary>Turns the machine off at once.</summary>
    public async Task TurnOffAsync(CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync("turned off", cancellation).ConfigureAwait(false);
        WorkerRun? run;
        lock (_lock)
        {
            run = _run;
        }

        if (run is null)
        {
            throw WrongState("turned off", StateAtRest);
        }

        SetTransition(MachineState.Stopping);
        try
        {
            await run.TurnOffAsync().ConfigureAwait(false);
            await UntilAsync(() => !ReferenceEquals(_run, run)).ConfigureAwait(false);
        }
        finally
        {
            SetTransition(null);
        }
    }

    /// <summary>Saves the machine's state and ends its run. If that fails, the machine goes on as it was.</summary>
    public async Task SaveAsync(CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync("saved", cancellation).ConfigureAwait(false);
        _ = await RequireAsync("saved", cancellation, MachineState.Running, MachineState.Paused).ConfigureAwait(false);
        WorkerRun run = _run ?? throw WrongState("saved", StateAtRest);
        SetTransition(MachineState.Saving);
        try
        {
            // A caller that goes away does not stop it half-way.
            await run.SaveAsync(_configuration).ConfigureAwait(false);
            await UntilAsync(() => !ReferenceEquals(_run, run)).ConfigureAwait(false);
        }
        catch (ApiException) when (run.IsGone)
        {
            // What the worker left decides, not whether it lived to answer.
            await UntilAsync(() => !ReferenceEquals(_run, run)).ConfigureAwait(false);
            if (!_saved)
            {
                throw;
            }
        }
        finally
        {
            SetTransition(null);
        }
    }

    /// <summary>Removes the saved state of the machine, which then is off.</summary>
    public async Task DiscardSavedStateAsync(CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync("freed of its saved state", cancellation).ConfigureAwait(false);
        _ = await RequireAsync("freed of its saved state", cancellation, MachineState.Saved).ConfigureAwait(false);
        File.Delete(_files.SavedState);
        DirectorySync.Flush(Path.GetDirectoryName(_files.SavedState)!);
        lock (_lock)
        {
            _saved = false;
        }

        Notify();
    }

    /// <summary>Does an operation that the worker does by itself.</summary>
    /// <param name="method">One of <see cref="WorkerMethod"/>.</param>
    /// <param name="participle">What is done to the machine, for the error.</param>
    /// <param name="required">The state in which it can be done.</param>
    /// <param name="cancellation">Ends the wait for another operation or the answer.</param>
    public async Task OperateAsync(string method, string participle, MachineState required, CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync(participle, cancellation).ConfigureAwait(false);
        _ = await RequireAsync(participle, cancellation, required).ConfigureAwait(false);
        WorkerRun run = _run ?? throw WrongState(participle, StateAtRest);
        _ = await run.RequestAsync(method, cancellation).ConfigureAwait(false);
        Notify();
    }

    /// <summary>The counters of the current or the last run.</summary>
    public async Task<IReadOnlyDictionary<string, long>> GetStatisticsAsync(CancellationToken cancellation)
    {
        WorkerRun? run;
        lock (_lock)
        {
            run = _run;
        }

        return run is null
            ? _lastExit?.Counters ?? new Dictionary<string, long>()
            : await run.GetStatisticsAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Waits until the machine is in a state, or the time is over.</summary>
    public async Task WaitForStateAsync(MachineState state, TimeSpan limit, CancellationToken cancellation)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(limit);
        try
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    changed = _changed.Task;
                }

                if (await StateAsync(end.Token).ConfigureAwait(false) == state)
                {
                    return;
                }

                await changed.WaitAsync(end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The time is over; the caller asks for the state.
        }
    }

    // While it has no worker.
    private MachineState StateAtRest => _saved ? MachineState.Saved : MachineState.Off;

    private static MachineState StateOf(WorkerStatus? status) => status?.State switch
    {
        WorkerState.Starting => MachineState.Starting,
        WorkerState.Paused => MachineState.Paused,
        WorkerState.Stopping or WorkerState.Off => MachineState.Stopping,
        _ => MachineState.Running,
    };

    private async Task<MachineState> StateAsync(CancellationToken cancellation) => (await DescribeAsync(cancellation).ConfigureAwait(false)).State;

    private async Task<MachineState> RequireAsync(string participle, CancellationToken cancellation, params MachineState[] allowed)
    {
        MachineState state = await StateAsync(cancellation).ConfigureAwait(false);
        return Array.IndexOf(allowed, state) >= 0 ? state : throw WrongState(participle, state, allowed);
    }

    private ApiException WrongState(string participle, MachineState state, params MachineState[] allowed) =>
        ApiException.InvalidState(
            $"'{Name}' cannot be {participle}: the operation cannot be performed while the object is in its current state ({state})."
            + StatusText.Remedy(state, allowed));

    private async Task<WorkerRun?> StartWorkerAsync(PreparedPorts ports)
    {
        try
        {
            return await WorkerRun.StartAsync(_configuration, ports, _files, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await _ports.ReleaseAsync(_configuration).ConfigureAwait(false);
            throw;
        }
    }

    private void Adopt(WorkerRun run)
    {
        lock (_lock)
        {
            _run = run;
            _lost = false;
            _saved = false;
            _lastExit = null;
        }

        _ = WatchAsync(run);
        Notify();
    }

    private async Task WatchAsync(WorkerRun run)
    {
        Finish(await run.Ended.ConfigureAwait(false));
        run.Dispose();
    }

    private void Finish(WorkerExit? exit)
    {
        try
        {
            _files.CleanUp();
            WorkerFiles.RemovePorts(_configuration);
        }
        catch (IOException)
        {
            // The next start removes it.
        }

        _ = _ports.ReleaseAsync(_configuration);
        lock (_lock)
        {
            _run = null;
            _lastExit = exit;
            _lost = exit is null;
            _saved = _files.HasSavedState;
        }

        Notify();
    }

    private void SetTransition(MachineState? state)
    {
        lock (_lock)
        {
            _transition = state;
        }

        Notify();
    }

    private void Notify()
    {
        TaskCompletionSource old;
        lock (_lock)
        {
            old = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        old.SetResult();
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (condition())
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.ConfigureAwait(false);
        }
    }

    // As in Hyper-V, what is done to a machine that is just being started, stopped, saved or exported is refused rather than done later.
    private async Task<Operation> BeginAsync(string participle, CancellationToken cancellation)
    {
        if (_export is { } export)
        {
            throw ApiException.InvalidState(
                $"'{Name}' cannot be {participle} while it is being exported ({export.Percent}%). Wait for the export, or stop it, and try again.");
        }

        if (_transition is { } passing)
        {
            throw WrongState(participle, passing);
        }

        return await EnterAsync(_gate, cancellation).ConfigureAwait(false);
    }

    private async Task ChangeNowAsync(Func<MachineConfiguration, MachineState, MachineConfiguration> change, MachineState state, CancellationToken cancellation)
    {
        using Operation alone = await ChangeAloneAsync(cancellation).ConfigureAwait(false);
        MachineConfiguration changed = change(_configuration, state);
        _store.Save(changed);
        lock (_lock)
        {
            _configuration = changed;
        }
    }

    private Task<Operation> ChangeAloneAsync(CancellationToken cancellation) => EnterAsync(_changes, cancellation);

    private async Task<Operation> EnterAsync(SemaphoreSlim gate, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        if (_removed)
        {
            _ = gate.Release();
            throw ApiException.NotFound($"The virtual machine '{Name}' has been removed.");
        }

        return new Operation(gate);
    }

    private sealed class Operation(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
