using System.Buffers.Binary;
using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>XSAVE, XSAVEOPT, XSAVEC, XRSTOR and XGETBV on random images in a guest and on the host's processor.</summary>
public sealed unsafe class XSaveOracleTests
{
    private const ulong Arena = 0x30_0000;

    // In the arena: the state before, the image to restore, the saved one; then results and masks, and room for the host's own.
    private const int Before = 0;
    private const int Input = 0x400;
    private const int Output = 0x800;
    private const int InUse = 0xC00;
    private const int RestoreMask = 0xC04;
    private const int SaveMask = 0xC08;
    private const int Compared = 0xC04;
    private const int Own = 0x1000;
    private const int OwnSize = 0x3000;
    private const int Cases = 500;
    private const ulong Compacted = 1UL << 63;

    public static TheoryData<Code> Saves => [Code.Xsave_mem, Code.Xsave64_mem, Code.Xsaveopt_mem, Code.Xsaveopt64_mem, Code.Xsavec_mem, Code.Xsavec64_mem];

    [Theory]
    [MemberData(nameof(Saves))]
    public void SavedImage_OfRandomStates_IsTheHosts(Code save)
    {
        uint host = HostCpuid.Read(0xD, 1).Eax;
        Assert.SkipUnless((HostCpuid.Read(1, 0).Ecx & (1u << 28)) != 0, "This host has no AVX.");
        Assert.SkipUnless((host & 7) == 7, $"This host lacks some of XSAVEOPT, XSAVEC and XGETBV with ECX = 1 (CPUID 0Dh.1 EAX is {host:X}).");
        using BareGuest guest = CreateGuest(7);
        guest.Assemble(BareGuest.Code, a =>
        {
            Emit(a, save);
            BareGuest.Stop(a);
        });
        ProcessorState entry = EntryState(7);
        byte* arena = HostMemory.Allocate(Own + OwnSize);
        delegate* unmanaged<byte*, void> native = (delegate* unmanaged<byte*, void>)ExecutableMemory.Create(HostCode(save));
        Random random = new(20260801);
        for (int i = 0; i < Cases; i++)
        {
            Span<byte> bytes = new(arena, Own);
            Fill(random, bytes);
            Assert.True(guest.Memory.TryWrite(Arena, bytes));
            guest.Processor.SetState(entry);
            Assert.Equal(RunResult.Stopped, guest.Run());
            Assert.Equal(-1, guest.UnexpectedVector);
            byte[] ours = new byte[Compared];
            Assert.True(guest.Memory.TryRead(Arena, ours));
            ours = Comparable(ours);
            Assert.Equal(Ask(native, arena, ours), ours);
        }

        HostMemory.Release(arena, Own + OwnSize);
    }

    /// <summary>Without AVX a compacted image has PKRU where AVX would be.</summary>
    [Fact]
    public void CompactedImage_WithoutAvx_HasPkruBehindTheHeader()
    {
        using BareGuest guest = CreateGuest(0x207);
        guest.Run(a =>
        {
            WritePkru(a, 0x5555_0000);
            Masks(a, 0x201);
            a.fld1();
            a.xsavec(__[Arena]);
            WritePkru(a, 0);
            Masks(a, 0x201);
            a.xrstor(__[Arena]);
            a.xor(ecx, ecx);
            a.rdpkru();
            a.mov(__dword_ptr[Arena + 0x400], eax);
            a.mov(eax, 0xD);
            a.mov(ecx, 1);
            a.cpuid();
            a.mov(__dword_ptr[Arena + 0x408], ebx);
            BareGuest.Stop(a);
        });

        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(0x201UL, guest.Read(Arena + VectorArea.LegacySize));
        Assert.Equal(Compacted | 0x201, guest.Read(Arena + VectorArea.LegacySize + 8));
        Assert.Equal(0x5555_0000UL, guest.Read(Arena + VectorArea.YmmHigh));
        Assert.Equal(0x5555_0000UL, guest.Read(Arena + 0x400));
        Assert.Equal(840UL, guest.Read(Arena + 0x408));
    }

    /// <summary>Headers that XRSTOR refuses (Intel SDM vol. 1 §13.8.2).</summary>
    [Theory]
    [InlineData(7, Compacted | 7, 0, 0x1F80, -1)]
    [InlineData(5, Compacted | 7, 0, 0xFFFF_FFFF, -1)]
    [InlineData(7, Compacted | 7, 0, 0xFFFF_FFFF, 13)]
    [InlineData(7, Compacted | 3, 0, 0x1F80, 13)]
    [InlineData(3, Compacted | 0x203, 0, 0x1F80, 13)]
    [InlineData(3, Compacted | (1UL << 62) | 3, 0, 0x1F80, 13)]
    [InlineData(3, 3, 0, 0x1F80, 13)]
    [InlineData(3, Compacted | 3, 16, 0x1F80, 13)]
    [InlineData(3, Compacted | 3, 63, 0x1F80, 13)]
    [InlineData(3, 0, 63, 0x1F80, -1)]
    public void Restore_OfHeaders_FaultsAsTheManualSays(ulong components, ulong compaction, int strayByte, uint mxcsr, int vector)
    {
        using BareGuest guest = CreateGuest(7);
        guest.Write(Arena, 0x37F);
        guest.Write(Arena + VectorArea.Mxcsr, mxcsr);
        guest.Write(Arena + VectorArea.LegacySize, components);
        guest.Write(Arena + VectorArea.LegacySize + 8, compaction);
        if (strayByte != 0)
        {
            Assert.True(guest.Memory.TryWrite(Arena + VectorArea.LegacySize + (ulong)strayByte, [1]));
        }

        guest.Run(a =>
        {
            Masks(a, 7);
            a.xrstor(__[Arena]);
            BareGuest.Stop(a);
        });

        Assert.Equal(vector, guest.UnexpectedVector);
    }

    [Fact]
    public void CompactedImage_WithoutXsavec_IsRefused()
    {
        CpuProfile profile = CpuFeatureMask.Without(SoftwareProfiles.Amd(1, exposeVirtualizationExtensions: false), ["xsavec"]);
        using BareGuest guest = CreateGuest(7, profile);
        guest.Write(Arena + VectorArea.LegacySize + 8, Compacted | 7);
        guest.Run(a =>
        {
            Masks(a, 7);
            a.xrstor(__[Arena]);
            BareGuest.Stop(a);
        });

        Assert.Equal(13, guest.UnexpectedVector);
    }

    private static BareGuest CreateGuest(ulong xcr0, CpuProfile? profile = null)
    {
        BareGuest guest = new(profile);
        guest.Processor.SetState(EntryState(xcr0));
        return guest;
    }

    private static ProcessorState EntryState(ulong xcr0)
    {
        ProcessorState state = BareGuest.EntryState();
        state.Cr4 |= Cr4.OSXSAVE | Cr4.OSXMMEXCPT | Cr4.PKE;
        state.Xcr0 = xcr0;
        state.Gpr[7] = Arena;
        return state;
    }

    private static void Masks(Assembler a, uint mask)
    {
        a.mov(eax, mask);
        a.xor(edx, edx);
    }

    private static void WritePkru(Assembler a, uint value)
    {
        a.mov(eax, value);
        a.xor(ecx, ecx);
        a.xor(edx, edx);
        a.wrpkru();
    }

    // RDI: the arena.
    private static void Emit(Assembler a, Code save)
    {
        Masks(a, 7);
        a.xrstor64(__[rdi + Before]);
        a.mov(eax, __[rdi + RestoreMask]);
        if (IsWide(save))
        {
            a.xrstor64(__[rdi + Input]);
        }
        else
        {
            a.xrstor(__[rdi + Input]);
        }

        a.mov(ecx, 1);
        a.xgetbv();
        a.mov(__[rdi + InUse], eax);
        a.mov(eax, __[rdi + SaveMask]);
        a.xor(edx, edx);
        a.AddInstruction(Instruction.Create(save, __[rdi + Output].ToMemoryOperand(64)));
    }

    private static byte[] HostCode(Code save)
    {
        Assembler a = new(64);
        Masks(a, uint.MaxValue);
        a.xsave64(__[rdi + Own]);
        Emit(a, save);
        Masks(a, uint.MaxValue);
        a.xrstor64(__[rdi + Own]);
        a.ret();
        using MemoryStream stream = new();
        a.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private static bool IsWide(Code save) => save is Code.Xsave64_mem or Code.Xsaveopt64_mem or Code.Xsavec64_mem;

    // All are valid, since a fault on the host would be the test's own.
    private static void Fill(Random random, Span<byte> arena)
    {
        arena.Fill(0xCC);
        VectorValues.State(random, arena.Slice(Before, Input - Before));
        Span<byte> input = arena[Input..Output];
        VectorValues.State(random, input);
        if (random.Next(3) == 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(input[VectorArea.Mxcsr..], VectorArea.MxcsrReset);
        }

        uint room = random.Next(2) == 0 ? 0 : (uint)random.Next(8);
        input[VectorArea.LegacySize] = (byte)(random.Next(8) & (room == 0 ? 7 : room));
        BinaryPrimitives.WriteUInt64LittleEndian(input[(VectorArea.LegacySize + 8)..], room == 0 ? 0 : Compacted | room);
        BinaryPrimitives.WriteUInt32LittleEndian(arena[RestoreMask..], (uint)random.Next(8));
        BinaryPrimitives.WriteUInt32LittleEndian(arena[SaveMask..], (uint)random.Next(8));
    }

    // A thread switch of the host's kernel, or of a hypervisor outside, between the restore and the save stores MXCSR and restores it with
    // the SSE component, which is in use from then on although its registers are initial (Intel SDM vol. 1 §13.6). What the host answers
    // undisturbed it answers again, so it is asked several times.
    private static byte[] Ask(delegate* unmanaged<byte*, void> native, byte* arena, byte[] ours)
    {
        byte[] input = new ReadOnlySpan<byte>(arena, Own).ToArray();
        byte[] answer = [];
        for (int i = 0; i < 10 && !answer.AsSpan().SequenceEqual(ours); i++)
        {
            input.CopyTo(new Span<byte>(arena, Own));
            native(arena);
            answer = Comparable(new ReadOnlySpan<byte>(arena, Compared));
        }

        return answer;
    }

    // Without what the host has and the guest has not: MISALIGNSSE in the mask of MXCSR, further components. The host's kernel drops
    // x87 pointers when it switches threads.
    private static byte[] Comparable(ReadOnlySpan<byte> arena)
    {
        byte[] copy = arena.ToArray();
        Span<byte> image = copy.AsSpan(Output);
        image[VectorArea.Fop..VectorArea.Mxcsr].Clear();
        image[VectorArea.MxcsrMask + 2] &= 0xCC;
        copy[InUse] &= 7;
        return copy;
    }
}
