using Iced.Intel;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

/// <summary>Every instruction intercept: it exits before the instruction, with its code, its information and nRIP.</summary>
public sealed class InterceptTests
{
    private static readonly Dictionary<string, InterceptCase> s_cases = Cases().ToDictionary(each => each.Name);

    public static TheoryData<string> Names => new(s_cases.Keys.ToArray());

    [Theory]
    [MemberData(nameof(Names))]
    public void Instruction_Intercepted_ExitsBeforeIt(string name)
    {
        InterceptCase each = s_cases[name];
        using NestedGuest n = new();
        each.Arrange(n);
        n[VmcbOffsets.Rsp] = NestedGuest.GuestStack;
        SvmExitCode code = n.Enter(a =>
        {
            each.Before(a);
            each.Instruction(a);
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(each.Code, code);
        Assert.Equal(NestedGuest.GuestCode + Length(each.Before), n.Rip);
        Assert.Equal(n.Rip + Length(each.Instruction), n[VmcbOffsets.NextRip]);
        Assert.Equal(each.Info1, n.Info1);
        Assert.Equal(0UL, n[VmcbOffsets.ExitIntInfo]);
        Assert.Equal(NestedGuest.GuestStack, n[VmcbOffsets.Rsp]);
    }

    [Theory]
    [InlineData(VmcbOffsets.InterceptCr)]
    [InlineData(VmcbOffsets.InterceptDr)]
    public void MoveOfRegister_NotIntercepted_Runs(int vectors)
    {
        using NestedGuest n = new();
        n[vectors] = n[vectors] & ~0xFFFF_FFFFUL;
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter(a =>
        {
            a.mov(rax, cr0);
            a.mov(cr0, rax);
            a.mov(rax, dr7);
            a.mov(dr7, rax);
            NestedGuest.Vmmcall(a);
        }));
    }

    [Fact]
    public void Cr0Write_OnlyTsAndMp_IsNotSelected()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Cr0SelWrite);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter(a =>
        {
            a.mov(rax, cr0);
            a.xor(rax, (int)(Cr0.TS | Cr0.MP));
            a.mov(cr0, rax);
            a.clts();
            NestedGuest.Vmmcall(a);
        }));
    }

    [Fact]
    public void Pause_WithFilter_ExitsWhenTheCountHasRunOut()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Pause);
        n[VmcbOffsets.PauseFilterThreshold] = 10UL << 16;
        Assert.Equal(SvmExitCode.Pause, n.Enter(a =>
        {
            for (int i = 0; i < 11; i++)
            {
                a.pause();
            }

            NestedGuest.Vmmcall(a);
        }));
        Assert.Equal(NestedGuest.GuestCode + 20, n.Rip);
    }

    [Fact]
    public void Skinit_NotShownByCpuid_IsUndefinedThoughIntercepted()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Skinit);
        n[VmcbOffsets.InterceptExceptions] |= 1 << 6;
        Assert.Equal(SvmExitCode.Exception0 + 6, n.Enter(a => a.db(0x0F, 0x01, 0xDE)));
    }

    [Fact]
    public void Hlt_InUserMode_FaultsBeforeItsIntercept()
    {
        using NestedGuest n = new();
        n[VmcbOffsets.InterceptExceptions] |= 1 << 13;
        n[VmcbOffsets.Cpl & ~7] = n[VmcbOffsets.Cpl & ~7] | (3UL << 24);
        n.SetSegment(VmcbOffsets.Cs, new Virtualization.SegmentState(0x0B, 0xAFB, uint.MaxValue, 0));
        n.SetSegment(VmcbOffsets.Ss, new Virtualization.SegmentState(0x13, 0xCF3, uint.MaxValue, 0));
        Assert.Equal(SvmExitCode.Exception0 + 13, n.Enter(a => a.hlt()));
    }

    [Fact]
    public void PortMap_BitClear_PortIsReached()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Ioio);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter(a =>
        {
            a.mov(eax, 0x5A);
            a.mov(edx, 0x300);
            a.@out(dx, al);
            NestedGuest.Vmmcall(a);
        }));
        Assert.Equal(((ushort)0x300, 1, 0x5Au), Assert.Single(n.Guest.Bus.Writes));
    }

    [Theory]
    [InlineData(0x2FF, 1, false)]
    [InlineData(0x300, 1, true)]
    [InlineData(0x2FF, 2, true)]
    [InlineData(0x2FD, 4, true)]
    [InlineData(0x2FC, 4, false)]
    [InlineData(0x301, 4, false)]
    public void PortMap_AccessOfSeveralPorts_ExitsForAnyOfThem(int port, int size, bool exits)
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Ioio);
        n.Guest.Write(NestedGuest.PortMap + (0x300 / 8), 1);
        SvmExitCode code = n.Enter(a =>
        {
            a.mov(edx, port);
            switch (size)
            {
                case 1:
                    a.@in(al, dx);
                    break;
                case 2:
                    a.@in(ax, dx);
                    break;
                default:
                    a.@in(eax, dx);
                    break;
            }

            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(exits ? SvmExitCode.Ioio : SvmExitCode.Vmmcall, code);
    }

    [Theory]
    [InlineData(Msr.KernelGsBase, false, 0, false)]
    [InlineData(Msr.KernelGsBase, false, 1, true)]
    [InlineData(Msr.KernelGsBase, true, 1, false)]
    [InlineData(Msr.KernelGsBase, true, 2, true)]
    [InlineData(Msr.SysenterCs, true, 2, true)]
    [InlineData(Msr.HwCr, false, 1, true)]
    [InlineData(0x4000_0000u, false, 0, true)]
    public void MsrMap_Bits_SelectReadsAndWrites(uint msr, bool write, int bits, bool exits)
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Msr);
        uint group = msr >= 0xC001_0000 ? 0x1000u : msr >= 0xC000_0000 ? 0x800u : 0;
        uint bit = (msr & 0x1FFF) * 2;
        n.Guest.Write(NestedGuest.MsrMap + group + (bit / 8), (ulong)bits << (int)(bit % 8));
        SvmExitCode code = n.Enter(a =>
        {
            a.mov(ecx, unchecked((int)msr));
            a.xor(eax, eax);
            a.xor(edx, edx);
            if (write)
            {
                a.wrmsr();
            }
            else
            {
                a.rdmsr();
            }

            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(exits ? SvmExitCode.Msr : SvmExitCode.Vmmcall, code);
        Assert.Equal(exits && write ? 1UL : 0UL, n.Info1);
    }

    private static ulong Length(Action<Assembler> write)
    {
        Assembler assembler = new(64);
        write(assembler);
        using MemoryStream stream = new();
        if (assembler.Instructions.Count != 0 || stream.Length != 0)
        {
            assembler.Assemble(new StreamCodeWriter(stream), NestedGuest.GuestCode);
        }

        return (ulong)stream.Length;
    }

    private static IEnumerable<InterceptCase> Cases()
    {
        const ulong MovCr = 1UL << 63;
        foreach (int number in new[] { 0, 2, 3, 4, 8 })
        {
            int cr = number;
            yield return new InterceptCase($"read CR{cr}", SvmExitCode.ReadCr0 + cr, a => a.mov(rbx, Control(cr)))
            {
                Arrange = n => n[VmcbOffsets.InterceptCr] |= 1UL << cr,
                Info1 = MovCr | 3,
            };
            yield return new InterceptCase($"write CR{cr}", SvmExitCode.WriteCr0 + cr, a => a.mov(Control(cr), r9))
            {
                Arrange = n => n[VmcbOffsets.InterceptCr] |= 1UL << (16 + cr),
                Info1 = MovCr | 9,
            };
        }

        foreach (int number in new[] { 0, 1, 2, 3, 6, 7 })
        {
            int dr = number;
            yield return new InterceptCase($"read DR{dr}", SvmExitCode.ReadDr0 + dr, a => a.mov(rsi, Debug(dr)))
            {
                Arrange = n => n[VmcbOffsets.InterceptDr] |= 1UL << dr,
                Info1 = 6,
            };
            yield return new InterceptCase($"write DR{dr}", SvmExitCode.WriteDr0 + dr, a => a.mov(Debug(dr), r12))
            {
                Arrange = n => n[VmcbOffsets.InterceptDr] |= 1UL << (16 + dr),
                Info1 = 12,
            };
        }

        yield return Of(SvmIntercept.Cr0SelWrite, "MOV CR0", a => a.mov(cr0, rax)) with
        {
            Before = a => a.mov(eax, unchecked((int)(Cr0.PE | Cr0.PG))),
            Info1 = MovCr,
        };
        yield return Of(SvmIntercept.Cr0SelWrite, "LMSW", a => a.lmsw(ax));
        yield return new InterceptCase("CLTS", SvmExitCode.WriteCr0, a => a.clts()) { Arrange = n => n[VmcbOffsets.InterceptCr] |= 1UL << 16 };
        yield return new InterceptCase("SMSW", SvmExitCode.ReadCr0, a => a.smsw(eax)) { Arrange = n => n[VmcbOffsets.InterceptCr] |= 1 };
        yield return Of(SvmIntercept.IdtrRead, "SIDT", a => a.sidt(__[NestedGuest.Data]));
        yield return Of(SvmIntercept.GdtrRead, "SGDT", a => a.sgdt(__[NestedGuest.Data]));
        yield return Of(SvmIntercept.LdtrRead, "SLDT", a => a.sldt(ax));
        yield return Of(SvmIntercept.TrRead, "STR", a => a.str(ax));
        yield return Of(SvmIntercept.IdtrWrite, "LIDT", a => a.lidt(__[NestedGuest.Data]));
        yield return Of(SvmIntercept.GdtrWrite, "LGDT", a => a.lgdt(__[NestedGuest.Data]));
        yield return Of(SvmIntercept.LdtrWrite, "LLDT", a => a.lldt(ax));
        yield return Of(SvmIntercept.TrWrite, "LTR", a => a.ltr(ax));
        yield return Of(SvmIntercept.Rdtsc, "RDTSC", a => a.rdtsc());
        yield return Of(SvmIntercept.Rdtscp, "RDTSCP", a => a.rdtscp());
        yield return Of(SvmIntercept.Rdpmc, "RDPMC", a => a.rdpmc());
        yield return Of(SvmIntercept.Pushf, "PUSHF", a => a.pushfq());
        yield return Of(SvmIntercept.Popf, "POPF", a => a.popfq());
        yield return Of(SvmIntercept.Cpuid, "CPUID", a => a.cpuid());
        yield return Of(SvmIntercept.Rsm, "RSM", a => a.rsm());
        yield return Of(SvmIntercept.Iret, "IRET", a => a.iretq());
        yield return Of(SvmIntercept.Swint, "INT n", a => a.@int(0x42)) with { Info1 = 0x42 };
        yield return Of(SvmIntercept.Invd, "INVD", a => a.invd());
        yield return Of(SvmIntercept.Pause, "PAUSE", a => a.pause());
        yield return Of(SvmIntercept.Hlt, "HLT", a => a.hlt());
        yield return Of(SvmIntercept.Invlpg, "INVLPG", a => a.invlpg(__[NestedGuest.Data + 0x123])) with { Info1 = NestedGuest.Data + 0x123 };
        yield return Of(SvmIntercept.Invlpga, "INVLPGA", a => a.db(0x0F, 0x01, 0xDF));
        yield return Of(SvmIntercept.Msr, "RDMSR outside the map", a => a.rdmsr()) with { Before = a => a.mov(ecx, 0x4000_0000) };
        yield return Of(SvmIntercept.Vmrun, "VMRUN", NestedGuest.Vmrun);
        yield return Of(SvmIntercept.Vmmcall, "VMMCALL", NestedGuest.Vmmcall);
        yield return Of(SvmIntercept.Vmload, "VMLOAD", a => a.db(0x0F, 0x01, 0xDA));
        yield return Of(SvmIntercept.Vmsave, "VMSAVE", a => a.db(0x0F, 0x01, 0xDB));
        yield return Of(SvmIntercept.Stgi, "STGI", NestedGuest.Stgi);
        yield return Of(SvmIntercept.Clgi, "CLGI", NestedGuest.Clgi);
        yield return Of(SvmIntercept.Icebp, "ICEBP", a => a.db(0xF1));
        yield return Of(SvmIntercept.Wbinvd, "WBINVD", a => a.wbinvd());
        yield return Of(SvmIntercept.Xsetbv, "XSETBV", a => a.xsetbv()) with
        {
            Arrange = n =>
            {
                n.Intercept(SvmIntercept.Xsetbv);
                n[VmcbOffsets.Cr4] |= Cr4.OSXSAVE;
            },
        };
        yield return Of(SvmIntercept.Invpcid, "INVPCID", a => a.invpcid(rax, __[NestedGuest.Data])) with { Info1 = NestedGuest.Data };
        yield return new InterceptCase("INT3", SvmExitCode.Exception0 + 3, a => a.int3())
        {
            Arrange = n => n[VmcbOffsets.InterceptExceptions] |= 1 << 3,
        };
        yield return Port("IN imm8", IoExitInfo.In | IoExitInfo.Size8 | IoExitInfo.Address64, 0x71, a => a.@in(al, 0x71));
        yield return Port("OUT DX", IoExitInfo.Size32 | IoExitInfo.Address64, 0x80, a => a.@out(dx, eax));
        yield return Port(
            "REP OUTSB",
            IoExitInfo.Size8 | IoExitInfo.Address64 | IoExitInfo.String | IoExitInfo.Rep | (3UL << IoExitInfo.SegmentShift),
            0x80,
            a => a.rep.outsb());
        yield return Port("INSW", IoExitInfo.In | IoExitInfo.Size16 | IoExitInfo.Address64 | IoExitInfo.String, 0x80, a => a.insw());
    }

    private static InterceptCase Of(SvmIntercept intercept, string name, Action<Assembler> instruction) =>
        new(name + " by " + intercept, SvmExitCode.Intr + (int)intercept, instruction) { Arrange = n => n.Intercept(intercept) };

    private static InterceptCase Port(string name, ulong info, ushort port, Action<Assembler> instruction) =>
        Of(SvmIntercept.Ioio, name, instruction) with
        {
            Before = a => a.mov(edx, 0x80),
            Info1 = info | ((ulong)port << IoExitInfo.PortShift),
            Arrange = n =>
            {
                n.Intercept(SvmIntercept.Ioio);
                n.Guest.Write(NestedGuest.PortMap + (port / 8u), 1UL << (port & 7));
            },
        };

    private static AssemblerRegisterCR Control(int number) => number switch { 0 => cr0, 2 => cr2, 3 => cr3, 4 => cr4, _ => cr8 };

    private static AssemblerRegisterDR Debug(int number) => number switch { 0 => dr0, 1 => dr1, 2 => dr2, 3 => dr3, 6 => dr6, _ => dr7 };

    private sealed record InterceptCase(string Name, SvmExitCode Code, Action<Assembler> Instruction)
    {
        public Action<NestedGuest> Arrange { get; init; } = _ => { };

        public Action<Assembler> Before { get; init; } = _ => { };

        public ulong Info1 { get; init; }
    }
}
