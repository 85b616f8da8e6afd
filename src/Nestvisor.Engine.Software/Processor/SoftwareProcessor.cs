using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Apic;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Comparison;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software;

/// <summary>One virtual processor of the software engine.</summary>
internal sealed unsafe partial class SoftwareProcessor : VirtualProcessor, IDisposable
{
    private const int ScratchSize = 8192;
    private const ulong FrameSize = StackSize + Frame.JumpCacheDistance + JumpCache.Size;
    private const int StackSize = 32 << 10;
    private const int VectorSize = 1024;

    private readonly PreciseEvent _wake = new();
    private readonly BlockStore _blocks;
    private readonly BlockDecoder _decoder;
    private readonly TlbEntry* _emptyTable;
    private readonly byte* _frame;
    private GCHandle _self;
    private IMachineBus _bus = NoBus.Instance;
    private int _privilegeClass;
    private ulong _apicPage;
    private bool _apicMapped;

    public SoftwareProcessor(SoftwarePartition partition, int index, ApicBus apicBus)
        : base(index)
    {
        Partition = partition;
        Memory = partition.Memory;

        // Below the state lies the stack that signals use while translated code runs, above it the jump cache.
        _frame = HostMemory.Allocate(FrameSize);
        State = (VpState*)(_frame + StackSize);
        State->ControlBlock = _vmcb.Address;
        State->VectorsIdle = 1;
        State->X87Idle = 1;
        State->HostMxcsr = VectorArea.MxcsrReset;
        State->Vector = (byte*)NativeMemory.AlignedAlloc(VectorSize, 64);
        State->Scratch = (byte*)NativeMemory.AlignedAlloc(ScratchSize, 64);
        NativeMemory.Clear(State->Vector, VectorSize);
        NativeMemory.Clear(State->Scratch, ScratchSize);
        _self = GCHandle.Alloc(this);
        State->Owner = GCHandle.ToIntPtr(_self);
        _emptyTable = (TlbEntry*)NativeMemory.AlignedAlloc((nuint)(2 * TlbEntry.Count * sizeof(TlbEntry)), 64);
        for (int slot = 0; slot < 2 * TlbEntry.Count; slot++)
        {
            _emptyTable[slot] = new TlbEntry { Tag = TlbEntry.EmptyTag(slot & (TlbEntry.Count - 1)) };
        }

        _walker = new PageWalker(Memory, this);
        if (partition.Translates)
        {
            _translations = new TranslationCache(partition.Codes, BlockDecoder.OptionsFor(partition.Profile), partition.Options);
            partition.Watch?.Begin(_translations);
            if (partition.Options.Compared != ComparedCode.None)
            {
                _comparedMode = partition.Options.Compared == ComparedCode.Nested ? BlockMode.GuestMode : 0;
                _overlay = new MemoryOverlay();
                _comparison = new TierComparison(this, _translations, _overlay, _emptyTable);
            }
        }

        _blocks = new BlockStore(_translations, partition.Options) { Cleared = ForgetNativeCode };
        _decoder = new BlockDecoder(this, _blocks);
        Apic = new LocalApic((uint)index, index == 0, partition.Clock, apicBus, FeaturesOfApic(partition.Profile), Interrupt)
        {
            LevelInterruptEnded = vector => _bus.EndOfInterrupt(vector),
        };
        Reset();
    }

    /// <summary>The partition that the processor belongs to.</summary>
    public SoftwarePartition Partition { get; }

    /// <summary>The guest's memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The registers.</summary>
    public VpState* State { get; }

    /// <summary>The local APIC.</summary>
    public LocalApic Apic { get; }

    /// <summary>The decoded blocks, for counters.</summary>
    public BlockStore Blocks => _blocks;

    /// <summary>The machine's bus while the processor runs.</summary>
    public IMachineBus Bus => _bus;

    /// <summary>Finds the processor of a state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SoftwareProcessor Of(VpState* s) =>
        Unsafe.As<SoftwareProcessor>(GCHandle.FromIntPtr(s->Owner).Target!);

    /// <inheritdoc/>
    public void Dispose()
    {
        DisposeNested();
        _contexts.Free();
        _blocks.Dispose();
        _translations?.Dispose();
        _comparison?.Dispose();
        _overlay?.Dispose();
        _wake.Dispose();
        _released.Dispose();
        _self.Free();
        NativeMemory.AlignedFree(_emptyTable);
        NativeMemory.AlignedFree(State->Vector);
        NativeMemory.AlignedFree(State->Scratch);
        HostMemory.Release(_frame, FrameSize);
    }

    private static ApicFeatures FeaturesOfApic(X64.CpuProfile profile)
    {
        uint features = profile[1, 0].Ecx;
        return new ApicFeatures((features & (1u << 21)) != 0, (features & (1u << 24)) != 0, CpuLimits.PhysicalAddressBits);
    }

    // Until Run has brought the machine's bus, nothing answers.
    private sealed class NoBus : IMachineBus
    {
        public static NoBus Instance { get; } = new();

        public uint ReadPort(ushort port, int size) => uint.MaxValue;

        public void WritePort(ushort port, int size, uint value)
        {
        }

        public void ReadMemory(ulong address, Span<byte> data) => data.Fill(0xFF);

        public void WriteMemory(ulong address, ReadOnlySpan<byte> data)
        {
        }

        public byte AcknowledgeInterrupt() => 0xFF;

        public void EndOfInterrupt(byte vector)
        {
        }
    }
}
