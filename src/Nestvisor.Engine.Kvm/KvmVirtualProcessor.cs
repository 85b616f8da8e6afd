using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Kvm;

/// <summary>One virtual processor on KVM.</summary>
internal sealed unsafe class KvmVirtualProcessor : VirtualProcessor, IDisposable
{
    private readonly KvmPartition _partition;
    private readonly FileDescriptor _processor;
    private readonly KvmStatistics _statistics;
    private readonly KvmRun* _run;
    private readonly int _runSize;
    private readonly Lock _kickLock = new();
    private ProcessorState? _initial;
    private int _thread;
    private int _inKernel;
    private int _stopRequested;
    private bool _shutdown;
    private bool _disposed;
    private long _portExits;
    private long _memoryExits;
    private long _msrExits;

    public KvmVirtualProcessor(KvmPartition partition, FileDescriptor kvm, FileDescriptor vm, int index, int count)
        : base(index)
    {
        _partition = partition;
        _processor = new FileDescriptor(KvmDevice.Call(vm, KvmIoctl.CreateVcpu, (nuint)index, $"create processor {index}"));
        _runSize = KvmDevice.Call(kvm, KvmIoctl.GetVcpuMmapSize, 0, "read the size of a processor's shared memory");
        _run = (KvmRun*)IoControl.Map(_processor.Value, _runSize);
        KvmCpuid.Set(_processor, partition.Profile, index, count);
        _statistics = new KvmStatistics(_processor);
    }

    public FileDescriptor Descriptor => _processor;

    public override RunResult Run(IMachineBus bus)
    {
        ProcessControl.UseExactTimers();
        _thread = KickSignal.CurrentThread();
        _partition.ProcessorEnters();
        try
        {
            while (true)
            {
                // Cleared before the requests are read: one that comes after the read sets it again.
                _run->ImmediateExit = 0;
                if (Interlocked.Exchange(ref _stopRequested, 0) != 0)
                {
                    return CompletePendingAccess(bus) ?? RunResult.Stopped;
                }

                if (Index == 0)
                {
                    OfferExternalInterrupt(bus);
                }

                if (EnterGuest(bus) is { } result)
                {
                    return result;
                }
            }
        }
        finally
        {
            _partition.ProcessorLeaves();
        }
    }

    public override void RequestStop()
    {
        Volatile.Write(ref _stopRequested, 1);
        Kick();
    }

    public override void Interrupt() => Kick();

    public override void Reset()
    {
        FailureReason = null;
        SetState(_partition.State.CreateReset(_initial!, Index));
    }

    public override ProcessorState GetState()
    {
        ProcessorState state = _partition.State.Read(_processor);
        if (_shutdown)
        {
            state.Activity = ProcessorActivity.Shutdown;
        }

        return state;
    }

    public override void SetState(ProcessorState state)
    {
        _partition.State.Write(_processor, state);
        _shutdown = state.Activity == ProcessorActivity.Shutdown;
    }

    /// <summary>Remembers what the kernel made, for later resets, and puts the processor into the state after power-on.</summary>
    public void Initialize()
    {
        _initial = _partition.State.Read(_processor);
        Reset();
    }

    /// <summary>Tells the guest that it stood still, so that its watchdog does not bark.</summary>
    public void NotePaused() => _ = IoControl.Call(_processor.Value, KvmIoctl.KvmclockControl);

    public void AddCounters(Dictionary<string, long> counters)
    {
        _statistics.AddTo(counters);
        counters["portExits"] = counters.GetValueOrDefault("portExits") + Volatile.Read(ref _portExits);
        counters["memoryExits"] = counters.GetValueOrDefault("memoryExits") + Volatile.Read(ref _memoryExits);
        counters["msrExits"] = counters.GetValueOrDefault("msrExits") + Volatile.Read(ref _msrExits);
    }

    public void Dispose()
    {
        lock (_kickLock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            HostMemory.Release((byte*)_run, (ulong)_runSize);
        }

        _statistics.Dispose();
        _processor.Dispose();
    }

    // immediate_exit catches the processor before it has entered KVM_RUN, the signal after; _inKernel covers the seam, since the
    // kernel looks at immediate_exit only after _inKernel was set.
    private void Kick()
    {
        lock (_kickLock)
        {
            if (_disposed)
            {
                return;
            }

            // SAFETY: the mapping lives until Dispose, which takes the same lock.
            _run->ImmediateExit = 1;
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _inKernel) != 0)
            {
                KickSignal.Send(_thread);
            }
        }
    }

    private void OfferExternalInterrupt(IMachineBus bus)
    {
        if (_partition.ExternalInterrupt && _run->ReadyForInterruptInjection != 0)
        {
            uint vector = bus.AcknowledgeInterrupt();
            _ = IoControl.Call(_processor.Value, KvmIoctl.Interrupt, ref vector);
            _run->ReadyForInterruptInjection = 0;
        }

        _run->RequestInterruptWindow = _partition.ExternalInterrupt ? (byte)1 : (byte)0;
    }

    private RunResult? EnterGuest(IMachineBus bus)
    {
        Volatile.Write(ref _inKernel, 1);
        Interlocked.MemoryBarrier();
        int result = IoControl.Call(_processor.Value, KvmIoctl.Run);
        Volatile.Write(ref _inKernel, 0);
        return result switch
        {
            >= 0 => HandleExit(bus),
            -LinuxError.Interrupted or -LinuxError.Again => null,
            _ => Fail($"KVM_RUN failed with errno {-result}"),
        };
    }

    // The kernel finishes an instruction whose access was answered here only on the next entry.
    private RunResult? CompletePendingAccess(IMachineBus bus)
    {
        while (true)
        {
            _run->ImmediateExit = 1;
            int result = IoControl.Call(_processor.Value, KvmIoctl.Run);
            if (result < 0)
            {
                _run->ImmediateExit = 0;
                return null;
            }

            if (HandleExit(bus) is { } end)
            {
                return end;
            }
        }
    }

    private RunResult? HandleExit(IMachineBus bus)
    {
        switch (_run->ExitReason)
        {
            case KvmExitReason.Io:
                _portExits++;
                HandlePort(bus);
                return null;
            case KvmExitReason.Mmio:
                _memoryExits++;
                HandleMemory(bus);
                return null;
            case KvmExitReason.IrqWindowOpen or KvmExitReason.Interrupted or KvmExitReason.SetTpr or KvmExitReason.Hlt:
                return null;
            case KvmExitReason.IoApicEoi:
                bus.EndOfInterrupt(_run->EoiVector);
                return null;
            case KvmExitReason.ReadMsr:
                _msrExits++;
                ulong value = 0;
                _run->MsrError = _partition.FindMsrHandler(_run->MsrIndex)?.TryRead(Index, _run->MsrIndex, out value) == true ? (byte)0 : (byte)1;
                _run->MsrData = value;
                return null;
            case KvmExitReason.WriteMsr:
                _msrExits++;
                _run->MsrError = _partition.FindMsrHandler(_run->MsrIndex)?.TryWrite(Index, _run->MsrIndex, _run->MsrData) == true ? (byte)0 : (byte)1;
                return null;
            case KvmExitReason.Shutdown:
                _shutdown = true;
                return RunResult.Shutdown;
            case KvmExitReason.FailEntry:
                return Fail($"the processor refused to enter the guest (hardware reason {_run->HardwareEntryFailureReason:X}h)");
            case KvmExitReason.InternalError:
                return Fail(DescribeInternalError());
            default:
                return Fail($"KVM_RUN ended with reason {_run->ExitReason}, which the engine does not ask for");
        }
    }

    private void HandlePort(IMachineBus bus)
    {
        int size = _run->IoSize;
        ushort port = _run->IoPort;

        // SAFETY: the kernel puts count elements of the size at the offset, inside the shared mapping.
        byte* data = (byte*)_run + _run->IoDataOffset;
        bool write = _run->IoDirection != 0;
        for (uint i = 0; i < _run->IoCount; i++, data += size)
        {
            if (write)
            {
                bus.WritePort(port, size, size switch { 1 => *data, 2 => *(ushort*)data, _ => *(uint*)data });
                continue;
            }

            uint value = bus.ReadPort(port, size);
            switch (size)
            {
                case 1:
                    *data = (byte)value;
                    break;
                case 2:
                    *(ushort*)data = (ushort)value;
                    break;
                default:
                    *(uint*)data = value;
                    break;
            }
        }
    }

    private void HandleMemory(IMachineBus bus)
    {
        // SAFETY: the kernel's length is at most 8, the size of the field.
        Span<byte> data = new(_run->MmioData, (int)Math.Min(_run->MmioLength, 8));
        if (_run->MmioIsWrite != 0)
        {
            bus.WriteMemory(_run->MmioAddress, data);
        }
        else
        {
            bus.ReadMemory(_run->MmioAddress, data);
        }
    }

    private string DescribeInternalError()
    {
        string kind = _run->InternalSuberror switch
        {
            1 => "it could not emulate an instruction",
            2 => "an exit came while it handled another",
            3 => "it could not deliver an event",
            4 => "an exit had an unexpected reason",
            _ => $"suberror {_run->InternalSuberror}",
        };
        string data = string.Empty;
        for (uint i = 0; i < Math.Min(_run->InternalDataCount, 16); i++)
        {
            data += $" {_run->InternalData[i]:X}";
        }

        return $"KVM reported an internal error: {kind}; data{data}";
    }

    private RunResult Fail(string reason)
    {
        KvmRegs regs = default;
        _ = IoControl.Call(_processor.Value, KvmIoctl.GetRegs, ref regs);
        FailureReason = $"Processor {Index} at RIP {regs.Rip:X}h: {reason}.";
        return RunResult.InternalError;
    }
}
