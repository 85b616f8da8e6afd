using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests;

/// <summary>A processor whose guest is a C# function; when that has come to its end, the processor halts.</summary>
internal sealed class ScriptedProcessor(int index, Func<ScriptedProcessor, IMachineBus, RunResult?> script) : VirtualProcessor(index)
{
    private readonly SemaphoreSlim _wake = new(0);
    private ProcessorState _state = new();
    private bool _done;
    private volatile bool _stop;

    public int Resets { get; private set; }

    public int RunThread { get; private set; }

    public bool IsStopRequested => _stop;

    public override RunResult Run(IMachineBus bus)
    {
        RunThread = Environment.CurrentManagedThreadId;
        if (!_done)
        {
            _done = true;
            RunResult? result = script(this, bus);
            if (result is { } end)
            {
                FailureReason = end == RunResult.InternalError ? "scripted failure" : null;
                return end;
            }
        }

        while (!_stop)
        {
            _wake.Wait();
        }

        _stop = false;
        return RunResult.Stopped;
    }

    public override void RequestStop()
    {
        _stop = true;
        _wake.Release();
    }

    public override void Interrupt() => _wake.Release();

    public override void Reset()
    {
        Resets++;
        _done = false;
        _state = new ProcessorState { Activity = Index == 0 ? ProcessorActivity.Running : ProcessorActivity.WaitForSipi };
    }

    public override ProcessorState GetState() => _state;

    public override void SetState(ProcessorState state) => _state = state;
}
