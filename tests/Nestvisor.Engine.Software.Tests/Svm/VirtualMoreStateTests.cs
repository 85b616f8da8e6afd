using Iced.Intel;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

/// <summary>VMLOAD and VMSAVE in a guest that may do them itself (AMD APM vol. 2 §15.33.1).</summary>
public sealed class VirtualMoreStateTests
{
    private const ulong Block = 0x3_0000;
    private const ulong Behind = 0x3_1000;
    private const ulong Marker = 0x1234_5678_9ABC;
    private const ulong Entry = NestedGuest.NestedTable + ((Block >> 12) * 8);

    [Fact]
    public void Vmsave_Virtual_WritesThePageThatTheNestedTablesName()
    {
        using NestedGuest n = Create();
        n.Guest.Write(Entry, Behind | 7);
        n.Guest.Write(Block + VmcbOffsets.KernelGsBase, 1);
        Assert.Equal(SvmExitCode.Hlt, n.Enter(SaveMarker));
        Assert.Equal(Marker, n.Guest.Read(Behind + VmcbOffsets.KernelGsBase));
        Assert.Equal(1UL, n.Guest.Read(Block + VmcbOffsets.KernelGsBase));
    }

    [Fact]
    public void Vmload_Virtual_ReadsThePageThatTheNestedTablesName()
    {
        using NestedGuest n = Create();
        n.Guest.Write(Entry, Behind | 7);
        n.Guest.Write(Behind + VmcbOffsets.KernelGsBase, Marker);
        Assert.Equal(SvmExitCode.Hlt, n.Enter(a =>
        {
            a.mov(rax, Block);
            a.db(0x0F, 0x01, 0xDA);
            a.mov(ecx, unchecked((int)Msr.KernelGsBase));
            a.rdmsr();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            a.hlt();
        }));
        Assert.Equal(Marker, n[VmcbOffsets.Rax]);
    }

    [Theory]
    [InlineData(0UL, PageFaultError.US | PageFaultError.RW)]
    [InlineData(5UL, PageFaultError.US | PageFaultError.RW | PageFaultError.P)]
    public void Vmsave_NestedEntryForbids_ExitsAsAWriteOfTheBlock(ulong rights, ulong error)
    {
        using NestedGuest n = Create();
        n.Guest.Write(Entry, rights == 0 ? 0 : Behind | rights);
        Assert.Equal(SvmExitCode.Npf, n.Enter(SaveMarker));
        Assert.Equal(error | PageFaultError.NestedFinal, n.Info1);
        Assert.Equal(Block, n.Info2);
    }

    [Fact]
    public void Vmsave_VirtualButIntercepted_Exits()
    {
        using NestedGuest n = Create();
        n.Intercept(SvmIntercept.Vmsave);
        Assert.Equal(SvmExitCode.Vmsave, n.Enter(SaveMarker));
    }

    [Fact]
    public void Vmsave_VirtualWithoutNestedPaging_Exits()
    {
        using NestedGuest n = Create();
        n[VmcbOffsets.NestedControl] = 0;
        Assert.Equal(SvmExitCode.Vmsave, n.Enter(SaveMarker));
    }

    [Fact]
    public void Vmsave_NeitherVirtualNorIntercepted_TakesTheHostsAddress()
    {
        using NestedGuest n = Create();
        n[VmcbOffsets.VirtualExtensions] = 0;
        n.Guest.Write(Entry, Behind | 7);
        Assert.Equal(SvmExitCode.Hlt, n.Enter(SaveMarker));
        Assert.Equal(Marker, n.Guest.Read(Block + VmcbOffsets.KernelGsBase));
    }

    private static NestedGuest Create()
    {
        NestedGuest n = new();
        n.UseNestedPaging();
        n[VmcbOffsets.VirtualExtensions] = VirtualExtensions.VmsaveVmload;
        return n;
    }

    private static void SaveMarker(Assembler a)
    {
        a.mov(ecx, unchecked((int)Msr.KernelGsBase));
        a.mov(eax, unchecked((int)Marker));
        a.mov(edx, (int)(Marker >> 32));
        a.wrmsr();
        a.mov(rax, Block);
        a.db(0x0F, 0x01, 0xDB);
        a.hlt();
    }
}
