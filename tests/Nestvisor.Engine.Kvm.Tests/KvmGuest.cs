using Iced.Intel;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Kvm.Tests;

/// <summary>A guest of a few instructions in flat 32-bit protected mode, on the machine's real /dev/kvm.</summary>
internal sealed class KvmGuest : IDisposable
{
    public const uint CodeAddress = 0x1000;
    public const uint GdtAddress = 0x8000;
    public const uint IdtAddress = 0x9000;
    public const uint StackTop = 0x7000;
    public const ulong MemorySize = 2 << 20;
    public const uint LocalApic = 0xFEE0_0000;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly GuestMemory _memory = new(MemorySize);
    private readonly VmClock _clock = VmClock.CreateHost();
    private readonly List<Thread> _threads = [];

    public KvmGuest(Action<Assembler> program, int processors = 1, CpuProfile? profile = null)
    {
        KvmHostReport report = KvmHost.Check();
        Assert.SkipUnless(report.Usable, "KVM cannot be used here: " + string.Join(' ', report.Reasons));
        Partition = KvmPartition.Create(_memory, _clock, profile ?? KvmHostProfile.Read(exposeVirtualizationExtensions: false), processors);
        Bus.OnExit = () => Processor.RequestStop();

        Load(CodeAddress, Assemble(32, CodeAddress, program));
        ulong[] gdt = [0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF];
        for (int i = 0; i < gdt.Length; i++)
        {
            Load(GdtAddress + (ulong)(i * 8), BitConverter.GetBytes(gdt[i]));
        }

        Processor.SetState(FlatState(Processor.GetState()));
    }

    public KvmPartition Partition { get; }

    public GuestMemory Memory => _memory;

    public VirtualProcessor Processor => Partition.Processors[0];

    public TestBus Bus { get; } = new();

    public static byte[] Assemble(int bitness, ulong address, Action<Assembler> program)
    {
        Assembler assembler = new(bitness);
        program(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    /// <summary>Ends the run with a value.</summary>
    public static void Exit(Assembler a)
    {
        a.@out(0xF4, eax);
        Label self = a.CreateLabel();
        a.Label(ref self);
        a.jmp(self);
    }

    /// <summary>Enables the local APIC (spurious-interrupt register, bit 8).</summary>
    public static void EnableApic(Assembler a) => a.mov(__dword_ptr[LocalApic + 0xF0], 0x1FFu);

    /// <summary>Puts an interrupt gate into the guest's IDT; the guest needs no code for it.</summary>
    public void SetGate(byte vector, uint handler)
    {
        ulong gate = (handler & 0xFFFF) | (0x08UL << 16) | (0x8E00UL << 32) | ((ulong)(handler >> 16) << 48);
        Load(IdtAddress + (vector * 8u), BitConverter.GetBytes(gate));
    }

    /// <summary>Puts a handler at its own address.</summary>
    public void SetHandler(byte vector, Action<Assembler> handler)
    {
        uint address = 0xA000 + (vector * 0x100u);
        Load(address, Assemble(32, address, handler));
        SetGate(vector, address);
    }

    public void Load(ulong address, byte[] bytes) => Assert.True(_memory.TryWrite(address, bytes));

    /// <summary>Runs the first processor on a thread of its own until it comes back.</summary>
    public RunResult Run()
    {
        Func<RunResult> result = Start();
        return result();
    }

    /// <summary>Starts the processors; the result of the first is what the returned function waits for.</summary>
    public Func<RunResult> Start()
    {
        RunResult result = default;
        ManualResetEventSlim done = new();
        _clock.Start();
        foreach (VirtualProcessor processor in Partition.Processors)
        {
            Thread thread = new(() =>
            {
                RunResult mine = processor.Run(Bus);
                if (processor.Index == 0)
                {
                    result = mine;
                    done.Set();
                }
            })
            { IsBackground = true };
            _threads.Add(thread);
            thread.Start();
        }

        return () =>
        {
            Assert.True(done.Wait(Patience, TestContext.Current.CancellationToken), "The processor did not come back.");
            return result;
        };
    }

    /// <summary>Stops all processors and waits for their threads.</summary>
    public void StopAll()
    {
        foreach (VirtualProcessor processor in Partition.Processors)
        {
            processor.RequestStop();
        }

        foreach (Thread thread in _threads)
        {
            Assert.True(thread.Join(Patience), "A processor did not stop.");
        }

        _threads.Clear();
    }

    public void Dispose()
    {
        StopAll();
        Partition.Dispose();
        _clock.Dispose();
        _memory.Dispose();
    }

    private static ProcessorState FlatState(ProcessorState state)
    {
        state.Rip = CodeAddress;
        state.Rflags = 2;
        state.Gpr[4] = StackTop;
        state.Cr0 = 0x11;
        state.Segments.AsSpan().Fill(new SegmentState(0x10, 0xC93, 0xFFFF_FFFF, 0));
        state.Segments[1] = new SegmentState(0x08, 0xC9B, 0xFFFF_FFFF, 0);
        state.GdtrBase = GdtAddress;
        state.GdtrLimit = 23;
        state.IdtrBase = IdtAddress;
        state.IdtrLimit = 0x7FF;
        return state;
    }
}
