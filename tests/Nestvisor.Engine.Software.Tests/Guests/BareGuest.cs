using System.Buffers.Binary;
using Iced.Intel;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>
/// A guest without an operating system: 32 MiB of memory, mapped one to one, in 64-bit mode at CPL 0. Every exception ends the
/// run with its vector in <see cref="UnexpectedVector"/>, unless a test has set another handler.
/// </summary>
internal sealed unsafe class BareGuest : IDisposable
{
    public const ulong MemorySize = 32 << 20;
    public const ulong Pml4 = 0x1000;
    public const ulong Pdpt = 0x2000;
    public const ulong PageDirectory = 0x3000;
    public const ulong Gdt = 0x4000;
    public const ulong Idt = 0x5000;
    public const ulong Tss = 0x6000;
    public const ulong VectorSlot = 0x7000;
    public const ulong Stubs = 0x8000;
    public const ulong Code = 0x10_0000;
    public const ulong StackTop = 0x9_0000;
    public const ushort CodeSelector = 0x08;
    public const ushort DataSelector = 0x10;
    public const ushort TaskSelector = 0x18;
    public const ulong Tables = 0xA_0000;
    private const int StubBytes = 16;
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private ulong _nextTable = Tables;

    public BareGuest(CpuProfile? profile = null, int processors = 1, VmClock? clock = null, SoftwareEngineOptions? options = null)
    {
        Memory = new GuestMemory(MemorySize);
        Clock = clock ?? VmClock.CreateHost();
        Partition = SoftwarePartition.Create(
            Memory, Clock, profile ?? SoftwareProfiles.Amd(processors, exposeVirtualizationExtensions: true), processors, options ?? Tier.Options);
        Processor = Partition.All[0];
        Bus = new RecordingBus { Stop = StopAll };
        Clock.Start();
        BuildTables();
        Processor.SetState(EntryState());
    }

    public GuestMemory Memory { get; }

    public VmClock Clock { get; }

    public SoftwarePartition Partition { get; }

    public SoftwareProcessor Processor { get; }

    public RecordingBus Bus { get; }

    /// <summary>Vector that the default handlers have seen; -1 if none.</summary>
    public int UnexpectedVector => (int)Read(VectorSlot) - 1;

    /// <summary>Assembles code at an address and stores it there.</summary>
    public void Assemble(ulong address, Action<Assembler> write, int bitness = 64)
    {
        Assembler assembler = new(bitness);
        write(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        Assert.True(Memory.TryWrite(address, stream.ToArray()));
    }

    /// <summary>Runs until the guest writes to the stop port, shuts down, or the bound passes.</summary>
    public RunResult Run()
    {
        bool late = false;
        using Timer watchdog = new(
            _ =>
            {
                late = true;
                Processor.RequestStop();
            },
            null,
            s_bound,
            Timeout.InfiniteTimeSpan);
        RunResult result = Processor.Run(Bus);
        Assert.False(late, $"The guest did not stop; RIP is {Processor.State->Rip:X}, {Processor.Activity}, {string.Join(' ', Partition.GetCounters())}.");
        return result;
    }

    /// <summary>Runs all processors, each on its own thread, until one writes to the stop port or the bound passes.</summary>
    public void RunAll(TimeSpan? bound = null)
    {
        Exception? failure = null;
        Thread[] threads = new Thread[Partition.All.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            SoftwareProcessor processor = Partition.All[i];
            threads[i] = new Thread(() =>
            {
                try
                {
                    processor.Run(Bus);
                }
                catch (Exception e)
                {
                    failure = e;
                }

                StopAll();
            });
            threads[i].Start();
        }

        bool late = false;
        using Timer watchdog = new(
            _ =>
            {
                late = true;
                StopAll();
            },
            null,
            bound ?? s_bound,
            Timeout.InfiniteTimeSpan);
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Null(failure);
        Assert.False(late, $"The guest did not stop; {string.Join(
            ' ',
            Partition.All.Select(p => $"RIP {p.State->Rip:X} flags {p.State->SystemFlags:X} interrupt {p.Apic.HasPendingInterrupt} {p.Activity};"))}");
    }

    /// <summary>Address of the entry that maps a 4 KiB page below 1 GiB; splits the large page that it lies in.</summary>
    public ulong EntryOf(ulong linear)
    {
        ulong directory = PageDirectory + ((linear >> 21) * 8);
        ulong entry = Read(directory);
        if ((entry & 0x80) != 0)
        {
            ulong table = _nextTable;
            _nextTable += 0x1000;
            for (ulong i = 0; i < 512; i++)
            {
                Write(table + (i * 8), (entry & 0x3FE0_0000) + (i << 12) + 7);
            }

            Write(directory, table | 7);
            entry = table;
        }

        return (entry & 0x3FFF_F000) + (((linear >> 12) & 511) * 8);
    }

    /// <summary>Maps a 4 KiB page; nothing is flushed.</summary>
    public void Map(ulong linear, ulong physical, ulong flags = 7) => Write(EntryOf(linear), physical | flags);

    /// <summary>The frame that the handler of an exception with an error code has found.</summary>
    public (ulong Error, ulong Rip, ulong Rsp) Frame()
    {
        ulong rsp = Processor.State->Gpr[4];
        return (Read(rsp), Read(rsp + 8), Read(rsp + 32));
    }

    /// <summary>Runs code at <see cref="Code"/> to its end.</summary>
    public RunResult Run(Action<Assembler> write)
    {
        Assemble(Code, write);
        return Run();
    }

    /// <summary>Writes "stop" into code.</summary>
    public static void Stop(Assembler a) => a.db(0xE6, (byte)RecordingBus.StopPort);

    public ulong Read(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        Assert.True(Memory.TryRead(address, bytes));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void Write(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Assert.True(Memory.TryWrite(address, bytes));
    }

    /// <summary>Sets the handler of a vector.</summary>
    public void SetGate(int vector, ulong handler)
    {
        Write(Idt + ((ulong)vector * 16), (handler & 0xFFFF) | (CodeSelector << 16) | (0x8E00UL << 32) | ((handler & 0xFFFF_0000) << 32));
        Write(Idt + ((ulong)vector * 16) + 8, handler >> 32);
    }

    /// <summary>The state that guests start in; a copy to change.</summary>
    public static ProcessorState EntryState()
    {
        ProcessorState state = new()
        {
            Rip = Code,
            Cr0 = Cr0.PE | Cr0.MP | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.PG,
            Cr3 = Pml4,
            Cr4 = Cr4.PAE | Cr4.PGE | Cr4.OSFXSR,
            Efer = Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE,
            GdtrBase = Gdt,
            GdtrLimit = 0x2F,
            IdtrBase = Idt,
            IdtrLimit = 0xFFF,
            Tr = new SegmentState(TaskSelector, 0x8B, 0x67, Tss),
            Ldtr = new SegmentState(0, 0, 0, 0),
        };
        state.Gpr[4] = StackTop;
        state.Dr[6] = 0xFFFF_0FF0;
        state.Dr[7] = 0x400;
        BinaryPrimitives.WriteUInt16LittleEndian(state.Fx, 0x37F);
        BinaryPrimitives.WriteUInt32LittleEndian(state.Fx.AsSpan(24), 0x1F80);
        SegmentState data = new(DataSelector, 0xC93, uint.MaxValue, 0);
        for (int i = 0; i < 6; i++)
        {
            state.Segments[i] = data;
        }

        state.Segments[1] = new SegmentState(CodeSelector, 0xA9B, uint.MaxValue, 0);
        return state;
    }

    public void Dispose()
    {
        Partition.Dispose();
        Clock.Dispose();
        Memory.Dispose();
    }

    private void StopAll()
    {
        foreach (SoftwareProcessor processor in Partition.All)
        {
            processor.RequestStop();
        }
    }

    private void BuildTables()
    {
        Write(Pml4, Pdpt | 7);
        Write(Pdpt, PageDirectory | 7);
        for (ulong i = 0; i < 512; i++)
        {
            Write(PageDirectory + (i * 8), (i << 21) | 0x87);
        }

        Write(Gdt + CodeSelector, 0x00AF_9B00_0000_FFFF);
        Write(Gdt + DataSelector, 0x00CF_9300_0000_FFFF);
        Write(Gdt + TaskSelector, 0x0000_8B00_6000_0067);
        Write(Tss + 4, StackTop);
        for (int vector = 0; vector < 256; vector++)
        {
            int number = vector;
            ulong stub = Stubs + (ulong)(vector * StubBytes);
            Assemble(stub, a =>
            {
                // mov dword [VectorSlot], vector + 1
                a.db(0xC7, 0x04, 0x25, unchecked((byte)VectorSlot), (byte)(VectorSlot >> 8), 0, 0, (byte)(number + 1), (byte)((number + 1) >> 8), 0, 0);
                Stop(a);
            });
            SetGate(vector, stub);
        }
    }
}
