using Nestvisor.Api.Worker;
using Nestvisor.Devices.Serial;
using Nestvisor.Devices.Virtio;
using Nestvisor.Machine;
using Nestvisor.Machine.Boot;
using Nestvisor.Platform;
using Nestvisor.Storage;
using Nestvisor.Worker.Engines;

namespace Nestvisor.Worker.Running;

/// <summary>A machine made from a worker's configuration, with what there is to tell about it.</summary>
internal sealed class VirtualMachine : IDisposable
{
    private readonly WorkerConfiguration _configuration;
    private readonly EngineChoice _engine;
    private readonly PcMachine _machine;
    private readonly IReadOnlyList<IDisk> _disks;
    private readonly IReadOnlyList<NetworkAdapter> _adapters;
    private readonly SavedStateFile? _savedState;
    private readonly UptimeMeter _uptime = new();
    private readonly CpuMeter _cpu;
    private readonly ProcessResources _resources = new();

    private VirtualMachine(
        WorkerConfiguration configuration,
        EngineChoice engine,
        PcMachine machine,
        IReadOnlyList<IDisk> disks,
        IReadOnlyList<NetworkAdapter> adapters,
        SavedStateFile? savedState)
    {
        _disks = disks;
        _adapters = adapters;
        _savedState = savedState;
        _configuration = configuration;
        _engine = engine;
        _machine = machine;
        _cpu = new CpuMeter(configuration.ProcessorCount);
    }

    /// <summary>The engine that runs it.</summary>
    public WorkerEngine Engine => _engine.Engine;

    /// <summary>Completes when the machine has ended.</summary>
    public Task<MachineEnd> Ended => _machine.Ended;

    /// <summary>Opens all files and puts the machine together. It does not run yet.</summary>
    /// <exception cref="EngineUnavailableException">The engine cannot be used.</exception>
    /// <exception cref="BootImageException">What it boots cannot be booted.</exception>
    /// <exception cref="DiskException">A disk cannot be used.</exception>
    /// <exception cref="ConfigurationException">A value is wrong.</exception>
    public static VirtualMachine Create(WorkerConfiguration configuration, ISerialBackend serial, ISerialBackend? secondSerial = null, SavedStateFile? savedState = null)
    {
        EngineChoice engine;
        try
        {
            engine = EngineChoice.Make(configuration);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException(e.Message, e);
        }

        List<VirtioDevice> devices = [];
        List<IDisk> disks = [];
        List<NetworkAdapter> adapters = [];
        try
        {
            for (int i = 0; i < configuration.Disks.Count; i++)
            {
                disks.Add(VirtualDisk.Open(configuration.Disks[i].Path, configuration.Disks[i].ReadOnly));
                devices.Add(new VirtioBlock(disks[i], $"disk{i}"));
            }

            foreach (WorkerNetworkAdapter adapter in configuration.NetworkAdapters)
            {
                adapters.Add(NetworkAdapter.Create(adapter, configuration.ProcessorCount));
                devices.Add(adapters[^1].Device);
            }

            devices.Add(new VirtioEntropy());
            return new VirtualMachine(configuration, engine, new PcMachine(new PcMachineConfiguration
            {
                MemorySize = (ulong)configuration.MemoryBytes,
                ProcessorCount = configuration.ProcessorCount,
                Profile = engine.Profile,
                Engine = engine.Create,
                Boot = new BootConfiguration(configuration.Kernel, configuration.Initrd, configuration.CommandLine)
                {
                    Modules = [.. configuration.Modules.Select(module => new BootModule(module.Path, module.CommandLine))],
                },
                Serial = serial,
                SecondSerial = secondSerial,
                VirtioDevices = devices,
                TestDevices = configuration.TestDevices,
                OnReset = ToAction(configuration.OnReset),
                OnTripleFault = ToAction(configuration.OnTripleFault),
            }), disks, adapters, savedState);
        }
        catch (ArgumentException e)
        {
            Dispose(devices);
            throw new ConfigurationException(e.Message, e);
        }
        catch
        {
            Dispose(devices);
            throw;
        }
    }

    /// <summary>Switches it on.</summary>
    public void Start()
    {
        _machine.Start();
        _uptime.Start();
    }

    /// <summary>Goes on from the saved state, which then is none any more.</summary>
    /// <exception cref="ConfigurationException">The state cannot be restored; it is as it was.</exception>
    public void Restore()
    {
        SavedStateFile file = RequireSavedState();
        file.Restore(_machine);
        Resume();
        file.Clear();
    }

    /// <summary>Saves the machine's state and ends it. If that fails, it goes on as it was.</summary>
    /// <exception cref="InvalidOperationException">It neither runs nor is paused.</exception>
    /// <exception cref="IOException">The state cannot be written.</exception>
    public void Save()
    {
        SavedStateFile file = RequireSavedState();
        _uptime.Stop();
        try
        {
            file.Save(_machine, FlushDisks);
        }
        catch
        {
            if (_machine.State == MachineState.Running)
            {
                _uptime.Start();
            }

            throw;
        }
    }

    /// <summary>Writes the state of the machine, which is paused and stays so, to its file for somebody to copy.</summary>
    /// <exception cref="InvalidOperationException">It is not paused.</exception>
    /// <exception cref="IOException">The state cannot be written.</exception>
    public void Capture()
    {
        RequirePaused();
        RequireSavedState().Capture(_machine, FlushDisks);
    }

    /// <summary>Makes durable what the guest of the machine, which is paused, has written to disks.</summary>
    /// <exception cref="InvalidOperationException">It is not paused.</exception>
    /// <exception cref="IOException">A disk cannot be written.</exception>
    public void FlushPaused()
    {
        RequirePaused();
        FlushDisks();
    }

    /// <summary>Gives the storage of what <see cref="Capture"/> wrote back.</summary>
    public void Release() => RequireSavedState().Clear();

    /// <summary>Stops the processors and the clock.</summary>
    public void Pause()
    {
        _machine.Pause();
        _uptime.Stop();
    }

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Resume()
    {
        _machine.Resume();
        _uptime.Start();
    }

    /// <summary>Changes what of a network adapter can change while the machine runs.</summary>
    /// <exception cref="InvalidOperationException">There is no such adapter, or the change is none that can be made.</exception>
    public void ChangeAdapter(WorkerNetworkAdapter change)
    {
        foreach (NetworkAdapter adapter in _adapters)
        {
            if (adapter.Id == change.Id)
            {
                adapter.Change(change);
                return;
            }
        }

        throw new InvalidOperationException($"The machine has no network adapter {change.Id}.");
    }

    /// <summary>Resets it.</summary>
    public void Reset() => _machine.Reset();

    /// <summary>Turns it off.</summary>
    public void Stop() => _machine.Stop();

    /// <summary>Presses the power button.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public void RequestShutdown()
    {
        if (_machine.State != MachineState.Running)
        {
            throw new InvalidOperationException($"A machine that is {_machine.State} does not see its power button.");
        }

        _machine.RequestShutdown();
    }

    /// <summary>The engine's counters and the machine's.</summary>
    public IReadOnlyDictionary<string, long> GetCounters() =>
        new Dictionary<string, long>(_machine.Partition.GetCounters()) { ["resets"] = _machine.ResetCount };

    /// <summary>Tells how it is.</summary>
    public WorkerStatus GetStatus(WorkerExit? exit)
    {
        return new WorkerStatus
        {
            Id = _configuration.Id,
            Name = _configuration.Name,
            ProcessId = Environment.ProcessId,
            State = _machine.State switch
            {
                MachineState.Created => WorkerState.Starting,
                MachineState.Running => WorkerState.Running,
                MachineState.Paused => WorkerState.Paused,
                _ => WorkerState.Off,
            },
            Engine = Engine,
            ExposeVirtualizationExtensions = _configuration.ExposeVirtualizationExtensions,
            ProcessorCount = _configuration.ProcessorCount,
            UptimeMilliseconds = _uptime.Milliseconds,
            MemoryBytes = _configuration.MemoryBytes,
            ResidentBytes = _resources.ReadResidentBytes(),
            ProcessorTimeMilliseconds = ProcessorTime.OfProcess() / 1_000_000,
            CpuUsagePercent = _cpu.Read(),
            NetworkAdapters = [.. _adapters.Select(adapter => adapter.Describe())],
            Exit = exit,
        };
    }

    /// <summary>Describes its end.</summary>
    public WorkerExit Describe(MachineEnd end)
    {
        _uptime.Stop();
        return new WorkerExit
        {
            Id = _configuration.Id,
            Name = _configuration.Name,
            Reason = end.Reason switch
            {
                MachineEndReason.PoweredOff => WorkerExitReason.PowerOff,
                MachineEndReason.Stopped => WorkerExitReason.TurnedOff,
                MachineEndReason.Saved => WorkerExitReason.Saved,
                MachineEndReason.Reset => WorkerExitReason.Reset,
                MachineEndReason.TripleFault => WorkerExitReason.TripleFault,
                MachineEndReason.TestExit => WorkerExitReason.TestExit,
                _ => WorkerExitReason.InternalError,
            },
            Message = end.Message,
            TestExitCode = end.Reason == MachineEndReason.TestExit ? end.ExitCode : null,
            Engine = Engine,
            UptimeMilliseconds = _uptime.Milliseconds,
            EndedAt = DateTimeOffset.UtcNow,
            Counters = GetCounters(),
        };
    }

    public void Dispose()
    {
        _machine.Dispose();
        _resources.Dispose();
    }

    private void RequirePaused()
    {
        if (_machine.State != MachineState.Paused)
        {
            throw new InvalidOperationException($"A machine that is {_machine.State} cannot be copied; pause it first.");
        }
    }

    private SavedStateFile RequireSavedState() =>
        _savedState ?? throw new InvalidOperationException("This run was started without a file for a saved state.");

    // The saved memory relies on what the disks hold: a host that crashes must not take back what the guest has seen written.
    private void FlushDisks()
    {
        foreach (IDisk disk in _disks)
        {
            if (!disk.IsReadOnly)
            {
                disk.Flush();
            }
        }
    }

    private static void Dispose(List<VirtioDevice> devices)
    {
        foreach (VirtioDevice device in devices)
        {
            device.Dispose();
        }
    }

    private static GuestResetAction ToAction(WorkerResetPolicy policy) =>
        policy == WorkerResetPolicy.Stop ? GuestResetAction.End : GuestResetAction.Reset;
}
