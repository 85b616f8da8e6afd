using Nestvisor.Virtualization;

namespace Nestvisor.Machine;

/// <summary>
/// One thread a virtual processor, for the whole life of the machine, as the engine contract asks. The threads run the guest
/// between <see cref="Run"/> and <see cref="Stop"/>.
/// </summary>
internal sealed class ProcessorThreads : IDisposable
{
    private readonly object _gate = new();
    private readonly IReadOnlyList<VirtualProcessor> _processors;
    private readonly IMachineBus _bus;
    private readonly Action<VirtualProcessor, RunResult, Exception?> _ended;
    private readonly Thread[] _threads;
    private readonly bool[] _inside;
    private readonly bool[] _held;
    private bool _run;
    private bool _exit;

    /// <summary>Starts the threads; they wait for <see cref="Run"/>.</summary>
    /// <param name="processors">The processors.</param>
    /// <param name="bus">The machine's bus.</param>
    /// <param name="ended">
    /// Is told, on the processor's thread, when a processor comes back for another reason than <see cref="Stop"/>. It does not
    /// run again before <see cref="Release"/>.
    /// </param>
    public ProcessorThreads(
        IReadOnlyList<VirtualProcessor> processors, IMachineBus bus, Action<VirtualProcessor, RunResult, Exception?> ended)
    {
        _processors = processors;
        _bus = bus;
        _ended = ended;
        _inside = new bool[processors.Count];
        _held = new bool[processors.Count];
        _threads = new Thread[processors.Count];
        for (int i = 0; i < _threads.Length; i++)
        {
            int index = i;
            _threads[i] = new Thread(() => Loop(index), 4 << 20) { IsBackground = true, Name = $"vp-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Lets the processors run.</summary>
    public void Run()
    {
        lock (_gate)
        {
            _run = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Stops all processors and waits until none runs.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _run = false;
            for (int i = 0; i < _inside.Length; i++)
            {
                if (_inside[i])
                {
                    _processors[i].RequestStop();
                }
            }

            while (_inside.AsSpan().Contains(true))
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Lets processors run again that came back by themselves.</summary>
    public void Release()
    {
        lock (_gate)
        {
            Array.Clear(_held);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        lock (_gate)
        {
            _exit = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Loop(int index)
    {
        while (true)
        {
            lock (_gate)
            {
                while ((!_run || _held[index]) && !_exit)
                {
                    Monitor.Wait(_gate);
                }

                if (_exit)
                {
                    return;
                }

                _inside[index] = true;
            }

            RunResult result = RunResult.InternalError;
            Exception? failure = null;
            try
            {
                result = _processors[index].Run(_bus);
            }
#pragma warning disable CA1031 // Whatever escapes an engine or a device ends this machine, with the reason, and nothing else.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }

            lock (_gate)
            {
                _inside[index] = false;
                _held[index] = result != RunResult.Stopped;
                Monitor.PulseAll(_gate);
            }

            // A stop request may outlive the stop it was meant for; then the processor just goes on.
            if (result != RunResult.Stopped)
            {
                _ended(_processors[index], result, failure);
            }
        }
    }
}
