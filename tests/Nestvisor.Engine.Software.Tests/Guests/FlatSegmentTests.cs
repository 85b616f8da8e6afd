using Iced.Intel;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>32-bit code in flat segments obeys those that are not, in each tier.</summary>
public sealed class FlatSegmentTests
{
    private const uint Data = 0x2A_0000;
    private const uint Low = 0x8_0000;
    private const uint Marked = 0x1234_5678;

    [Fact]
    public void Write_ThroughCodeSegment_Faults() =>
        AssertFault(ExceptionVector.GeneralProtection, a => a.mov(__dword_ptr.cs[Data], eax));

    [Fact]
    public void Change_ThroughCodeSegment_Faults() =>
        AssertFault(ExceptionVector.GeneralProtection, a => a.inc(__dword_ptr.cs[Data]));

    [Fact]
    public void Read_ThroughCodeSegment_Reads()
    {
        using BareGuest guest = LegacyGuest.Create();
        guest.Write(Data, Marked);
        LegacyGuest.Run(guest, a =>
        {
            a.mov(ebx, __dword_ptr.cs[Data]);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(Marked, guest.Processor.GetState().Gpr[3]);
    }

    [Theory]
    [InlineData(LegacyGuest.Code32)]
    [InlineData(LegacyGuest.ReadOnlyData)]
    public void DataSegment_NotWritable_ReadsAndFaultsOnWrite(ushort selector)
    {
        AssertFault(ExceptionVector.GeneralProtection, a =>
        {
            Load(a, ds, selector);
            a.mov(ebx, __dword_ptr[Data]);
            a.mov(__dword_ptr[Data], eax);
        });
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void FsOrGs_Null_FaultsWhileOthersRunFlat(bool useFs, bool write)
    {
        AssertFault(ExceptionVector.GeneralProtection, a =>
        {
            Load(a, useFs ? fs : gs, 0);
            a.mov(ebx, __dword_ptr[Data]);
            Touch(a, useFs ? __dword_ptr.fs[Data] : __dword_ptr.gs[Data], write);
        });
    }

    [Theory]
    [InlineData(LegacyGuest.SmallData, 0xFFFC, -1)]
    [InlineData(LegacyGuest.SmallData, 0xFFFD, 13)]
    [InlineData(LegacyGuest.ExpandDown, 0xFFFF, 13)]
    [InlineData(LegacyGuest.ExpandDown, 0x1_0000, -1)]
    public void Gs_WithALimit_IsChecked(ushort selector, uint offset, int vector)
    {
        using BareGuest guest = LegacyGuest.Create();
        LegacyGuest.Run(guest, a =>
        {
            Load(a, gs, selector);
            a.mov(ebx, __dword_ptr.gs[offset]);
            BareGuest.Stop(a);
        });
        Assert.Equal(vector, guest.UnexpectedVector);
    }

    [Theory]
    [InlineData(LegacyGuest.Stack16)]
    [InlineData(LegacyGuest.BasedData)]
    public void StackSegment_NotFlat_IsObeyed(ushort selector)
    {
        using BareGuest guest = LegacyGuest.Create();
        ulong top = selector == LegacyGuest.Stack16 ? Low : LegacyGuest.Elsewhere + Low;
        LegacyGuest.Run(guest, a =>
        {
            Load(a, ss, selector);
            a.mov(esp, Low + 4);
            a.push(Marked);
            a.mov(esi, esp);
            a.push(7);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(Low, guest.Processor.GetState().Gpr[6]);
        Assert.Equal(Marked, (uint)guest.Read(selector == LegacyGuest.Stack16 ? 0 : top));
    }

    /// <summary>The same code, hot while its segment is flat, meets it with a base, and with a limit that is too small.</summary>
    [Fact]
    public void Loop_DataSegmentChangesUnderIt_IsObeyed()
    {
        using BareGuest guest = LegacyGuest.Create();
        guest.Write(Data, 1);
        guest.Write(LegacyGuest.Elsewhere + Data, 1000);
        LegacyGuest.Run(guest, a =>
        {
            Label sum = a.CreateLabel();
            Label again = a.CreateLabel();
            a.xor(ebx, ebx);
            a.call(sum);
            Load(a, ds, LegacyGuest.BasedData);
            a.call(sum);
            Load(a, ds, BareGuest.DataSelector);
            a.call(sum);
            Load(a, ds, LegacyGuest.SmallData);
            a.call(sum);
            BareGuest.Stop(a);

            a.Label(ref sum);
            a.mov(ecx, 20);
            a.Label(ref again);
            a.add(ebx, __dword_ptr[Data]);
            a.dec(ecx);
            a.jne(again);
            a.ret();
        });
        Assert.Equal((int)ExceptionVector.GeneralProtection, guest.UnexpectedVector);
        Assert.Equal(20_040UL, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Code_AtASegmentBase_RunsWhereItIs()
    {
        using BareGuest guest = LegacyGuest.Create();
        guest.Assemble(
            LegacyGuest.Elsewhere + 0x1000,
            a =>
            {
                Label again = a.CreateLabel();
                a.mov(ecx, 100);
                a.Label(ref again);
                a.inc(ebx);
                a.dec(ecx);
                a.jne(again);
                LegacyGuest.FarJump(a, LegacyGuest.Code32, (uint)BareGuest.Code + 0x100);
            },
            bitness: 32);
        guest.Assemble(BareGuest.Code + 0x100, BareGuest.Stop, bitness: 32);
        LegacyGuest.Run(guest, a =>
        {
            a.xor(ebx, ebx);
            LegacyGuest.FarJump(a, LegacyGuest.BasedCode32, 0x1000);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(100UL, guest.Processor.GetState().Gpr[3]);
    }

    private static void AssertFault(ExceptionVector vector, Action<Assembler> write)
    {
        using BareGuest guest = LegacyGuest.Create();
        LegacyGuest.Run(guest, a =>
        {
            write(a);
            BareGuest.Stop(a);
        });
        Assert.Equal((int)vector, guest.UnexpectedVector);
    }

    private static void Load(Assembler a, AssemblerRegisterSegment segment, ushort selector)
    {
        a.mov(eax, selector);
        a.mov(segment, eax);
    }

    private static void Touch(Assembler a, AssemblerMemoryOperand operand, bool write)
    {
        if (write)
        {
            a.mov(operand, eax);
        }
        else
        {
            a.mov(ebx, operand);
        }
    }
}
