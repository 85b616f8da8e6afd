using System.Threading.Channels;
using Nestvisor.Devices.Chipset;
using Nestvisor.Machine.Boot;
using Nestvisor.Machine.State;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine;

/// <summary>
/// A virtual PC: memory, processors from an engine, chipset and devices, with the life of a machine from power-on to its end.
/// All members are safe from any thread; what changes the machine runs one after another on a thread of its own.
/// </summary>
public sealed class PcMachine : IDisposable
{
    private readonly PcMachineConfiguration _configuration;
    private readonly BootLoader _loader;
    private readonly Board _board;
    private readonly ProcessorThreads _threads;
    private readonly Channel<Action> _commands = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly Thread _commandThread;
    private readonly TaskCompletionSource<MachineEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile MachineState _state = MachineState.Created;
    private int _resets;
    private bool _disposed;

    /// <summary>Composes a machine and loads what it boots. It does not run yet.</summary>
    /// <param name="configuration">What it is made of.</param>
    /// <exception cref="BootImageException">What it boots is missing, is no kernel or does not fit.</exception>
    /// <exception cref="ArgumentException">The configuration is not one that a machine can have.</exception>
    public PcMachine(PcMachineConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.ProcessorCount is < 1 or > PcMachineConfiguration.MaximumProcessors)
        {
            throw new ArgumentException(
                $"A machine cannot have {configuration.ProcessorCount} processors. Give it 1 to {PcMachineConfiguration.MaximumProcessors}.",
                nameof(configuration));
        }

        _configuration = configuration;
        _loader = BootLoader.Open(configuration.Boot);
        try
        {
            _board = new Board(configuration, OnPower, code => Post(() => End(new MachineEnd(MachineEndReason.TestExit, code))));
            try
            {
                LoadGuest();
                _threads = new ProcessorThreads(_board.Partition.Processors, _board.Bus, OnProcessorEnded);
            }
            catch
            {
                _board.Dispose();
                throw;
            }
        }
        catch
        {
            _loader.Dispose();
            throw;
        }

        _commandThread = new Thread(RunCommands) { IsBackground = true, Name = "machine" };
        _commandThread.Start();
    }

    /// <summary>Where the machine is in its life.</summary>
    public MachineState State => _state;

    /// <summary>Completes when the machine has ended.</summary>
    public Task<MachineEnd> Ended => _end.Task;

    /// <summary>The engine's partition, for its name and counters.</summary>
    public Partition Partition => _board.Partition;

    /// <summary>How often the machine has been reset.</summary>
    public int ResetCount => Volatile.Read(ref _resets);

    /// <summary>What the guest last wrote to the diagnostic port 80h.</summary>
    public byte PostCode => _board.PostCode.Code;

    /// <summary>Switches the machine on.</summary>
    /// <exception cref="InvalidOperationException">It runs, is paused or has ended.</exception>
    public void Start() => Invoke(() =>
    {
        Require(MachineState.Created, "started");
        Continue();
    });

    /// <summary>Stops the machine between two instructions, time included.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public void Pause() => Invoke(() =>
    {
        Require(MachineState.Running, "paused");
        Halt();
        _state = MachineState.Paused;
    });

    /// <summary>Goes on after <see cref="Pause"/> or <see cref="Restore"/>.</summary>
    /// <exception cref="InvalidOperationException">It is not paused.</exception>
    public void Resume() => Invoke(() =>
    {
        Require(MachineState.Paused, "resumed");
        Continue();
    });

    /// <summary>Resets the machine, as its reset button does.</summary>
    /// <exception cref="InvalidOperationException">It does not run and is not paused.</exception>
    public void Reset() => Invoke(() =>
    {
        if (_state != MachineState.Paused)
        {
            Require(MachineState.Running, "reset");
        }

        ResetMachine();
    });

    /// <summary>Presses the power button: an operating system with ACPI shuts down, after a while or never.</summary>
    public void RequestShutdown() => _board.PowerManagement.PressPowerButton();

    /// <summary>Switches the machine off at once. Does nothing if it has ended.</summary>
    public void Stop() => Invoke(() => End(new MachineEnd(MachineEndReason.Stopped)));

    /// <summary>Writes the complete state of a machine that is paused or has not run yet.</summary>
    /// <param name="stream">Where to.</param>
    /// <exception cref="InvalidOperationException">The machine runs or has ended.</exception>
    public void Save(Stream stream) => Invoke(() =>
    {
        RequireStill("saved");
        _board.PauseDevices();
        MachineSnapshot.Save(_board, stream);
    });

    /// <summary>
    /// Writes the complete state of a machine that runs or is paused, and ends it. Nothing comes between: the guest does not run on
    /// after it has been saved, as its disks would then no longer fit the saved state.
    /// </summary>
    /// <param name="stream">Where to.</param>
    /// <param name="commit">Makes what was written valid. If it or the writing fails, the machine goes on as it was.</param>
    /// <exception cref="InvalidOperationException">The machine neither runs nor is paused.</exception>
    public void SaveAndEnd(Stream stream, Action commit) => Invoke(() =>
    {
        Settle();
        if (_state != MachineState.Running)
        {
            Require(MachineState.Paused, "saved");
        }

        try
        {
            _board.PauseDevices();
            MachineSnapshot.Save(_board, stream);
            commit();
        }
        catch
        {
            if (_state == MachineState.Running)
            {
                Continue();
            }

            throw;
        }

        End(new MachineEnd(MachineEndReason.Saved));
    });

    /// <summary>Replaces the complete state of a machine that is paused or has not run yet, which then is paused.</summary>
    /// <param name="stream">Where from: what <see cref="Save"/> wrote, of a machine of the same configuration.</param>
    /// <exception cref="InvalidDataException">The state is damaged or that of another configuration. The machine has ended.</exception>
    /// <exception cref="InvalidOperationException">The machine runs or has ended.</exception>
    public void Restore(Stream stream) => Invoke(() =>
    {
        RequireStill("restored");
        _board.PauseDevices();
        try
        {
            MachineSnapshot.Restore(_board, stream);
        }
        catch (InvalidDataException e)
        {
            End(new MachineEnd(MachineEndReason.InternalError, 0, e.Message));
            throw;
        }

        _state = MachineState.Paused;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Stop();
        _commands.Writer.Complete();
        _commandThread.Join();
        _threads.Dispose();
        _board.Dispose();
        _loader.Dispose();
    }

    private void OnPower(PowerEvent power)
    {
        if (power == PowerEvent.PowerOff)
        {
            Post(() => End(new MachineEnd(MachineEndReason.PoweredOff)));
        }
        else
        {
            int resets = ResetCount;
            Post(() => OnGuestReset(_configuration.OnReset, MachineEndReason.Reset, "The guest reset the machine.", resets));
        }
    }

    private void OnProcessorEnded(VirtualProcessor processor, RunResult result, Exception? failure)
    {
        if (result == RunResult.Shutdown)
        {
            int resets = ResetCount;
            Post(() => OnGuestReset(
                _configuration.OnTripleFault, MachineEndReason.TripleFault, $"Processor {processor.Index} triple-faulted.", resets));
        }
        else
        {
            string message = failure?.ToString() ?? processor.FailureReason ?? "the engine gave no reason";
            Post(() => End(new MachineEnd(MachineEndReason.InternalError, 0, $"Processor {processor.Index}: {message}")));
        }
    }

    // Two processors may ask for the same reset; the one that comes after it belongs to the past.
    private void OnGuestReset(GuestResetAction action, MachineEndReason reason, string message, int seenResets)
    {
        if (_state != MachineState.Running || seenResets != ResetCount)
        {
            return;
        }

        if (action == GuestResetAction.End || ResetCount >= _configuration.ResetLimit)
        {
            End(new MachineEnd(reason, 0, message));
            return;
        }

        try
        {
            ResetMachine();
        }
        catch (BootImageException e)
        {
            End(new MachineEnd(MachineEndReason.InternalError, 0, e.Message));
        }
    }

    private void ResetMachine()
    {
        bool runs = _state == MachineState.Running;
        Halt();
        Interlocked.Increment(ref _resets);
        _board.Reset();
        LoadGuest();
        _threads.Release();
        if (runs)
        {
            Continue();
        }
    }

    private void LoadGuest()
    {
        EntryState entry = _loader.Load(_board.Memory, _configuration.ProcessorCount, _configuration.HasEcam, _configuration.SecondSerial is not null);
        foreach (VirtualProcessor processor in _board.Partition.Processors)
        {
            processor.Reset();
        }

        VirtualProcessor bootstrap = _board.Partition.Processors[0];
        ProcessorState state = bootstrap.GetState();
        entry.Apply(state);
        if (_configuration.TestDevices)
        {
            _board.SetFirmwareInterrupts(state);
        }

        bootstrap.SetState(state);
    }

    private void Continue()
    {
        _board.Clock.Start();
        _board.ResumeDevices();
        _state = MachineState.Running;
        _threads.Run();
    }

    private void Halt()
    {
        _threads.Stop();
        _board.Clock.Stop();
        _board.PauseDevices();
    }

    // Stops a running machine and does what its guest asked for before: a power-off or reset that still waits would be lost with it.
    private void Settle()
    {
        do
        {
            if (_state == MachineState.Running)
            {
                Halt();
            }
        }
        while (DoNext());
    }

    private bool DoNext()
    {
        if (!_commands.Reader.TryRead(out Action? command))
        {
            return false;
        }

        command();
        return true;
    }

    private void End(MachineEnd end)
    {
        if (_state != MachineState.Ended)
        {
            Halt();

            // What the guest sent last is still in the devices' buffers.
            _board.PauseDevices();
            _state = MachineState.Ended;
            _end.TrySetResult(end);
        }
    }

    private void Require(MachineState state, string verb)
    {
        if (_state != state)
        {
            throw new InvalidOperationException($"A machine that is {_state} cannot be {verb}; it must be {state}.");
        }
    }

    private void RequireStill(string verb)
    {
        if (_state is not (MachineState.Created or MachineState.Paused))
        {
            throw new InvalidOperationException($"A machine that is {_state} cannot be {verb}; pause it first.");
        }
    }

    private void Post(Action command) => _commands.Writer.TryWrite(command);

    private void Invoke(Action command)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = _commands.Writer.TryWrite(() =>
        {
            try
            {
                command();
                done.SetResult();
            }
#pragma warning disable CA1031 // The caller gets it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        ObjectDisposedException.ThrowIf(!posted, this);
        done.Task.GetAwaiter().GetResult();
    }

    private void RunCommands()
    {
        while (_commands.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (DoNext())
            {
                // One after the other.
            }
        }
    }
}
