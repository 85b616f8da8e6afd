using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>What shows that a feature is there.</summary>
/// <param name="Emit">Code that runs without a fault while the feature is advertised.</param>
/// <param name="Masked">
/// The exception of that code without the feature: 6 for an instruction, 13 for a register or a bit of one, -1 where the bit tells
/// of a property that software may rely on and nothing refuses when it is not told.
/// </param>
/// <param name="Bitness">Size of the code: 64, or 32 for what AMD's long mode does not have.</param>
internal sealed record FeatureProbe(Action<Assembler> Emit, int Masked, int Bitness = 64);

/// <summary>A probe for each feature, by its name in /proc/cpuinfo or its place in CPUID.</summary>
internal static class FeatureProbes
{
    public const ulong Data = 0x30_0000;

    private static readonly AssemblerMemoryOperand s_memory = __[Data];

    public static IReadOnlyDictionary<string, FeatureProbe> All { get; } = Create();

    private static Dictionary<string, FeatureProbe> Create()
    {
        Dictionary<string, FeatureProbe> probes = [];
        foreach ((string name, Action<Assembler> emit) in Instructions())
        {
            probes.Add(name, new FeatureProbe(emit, 6));
        }

        probes.Add("sep", new FeatureProbe(Sysenter, 6, 32));
        foreach ((string name, ulong bit) in (ReadOnlySpan<(string, ulong)>)[
            ("pcid", Cr4.PCIDE), ("smep", Cr4.SMEP), ("smap", Cr4.SMAP), ("umip", Cr4.UMIP), ("pku", Cr4.PKE), ("7.0.ecx.31", Cr4.PKS)])
        {
            probes.Add(name, new FeatureProbe(a => SetCr4(a, bit, supervisorPages: name is "smep" or "smap"), 13));
        }

        foreach ((string name, uint msr, ulong value) in (ReadOnlySpan<(string, uint, ulong)>)[
            ("svm", Msr.Efer, Efer.LME | Efer.LMA | Efer.NXE | Efer.SVME), ("x2apic", Msr.ApicBase, 0xFEE0_0D00),
            ("tsc_deadline_timer", Msr.TscDeadline, 1)])
        {
            probes.Add(name, new FeatureProbe(a => EngineGuests.Wrmsr(a, msr, value), 13));
        }

        probes.Add("xgetbv1", new FeatureProbe(ReadInUse, 13));
        foreach ((string name, Action<Assembler> emit) in Properties())
        {
            probes.Add(name, new FeatureProbe(emit, -1));
        }

        return probes;
    }

    private static (string, Action<Assembler>)[] Instructions() =>
    [
        ("fpu", a => a.fld1()),
        ("tsc", a => a.rdtsc()),
        ("msr", a => ReadMsr(a, Msr.Efer)),
        ("cx8", a => a.cmpxchg8b(__qword_ptr[Data])),
        ("cmov", a => a.cmovne(eax, ebx)),
        ("clflush", a => a.clflush(__byte_ptr[Data])),
        ("mmx", a => a.paddd(mm0, mm1)),
        ("fxsr", a => a.fxsave(__[Data])),
        ("sse", a => a.addps(xmm0, xmm1)),
        ("sse2", a => a.addpd(xmm0, xmm1)),
        ("pni", a => a.haddps(xmm0, xmm1)),
        ("pclmulqdq", a => a.pclmulqdq(xmm0, xmm1, 1)),
        ("ssse3", a => a.pshufb(xmm0, xmm1)),
        ("fma", a => a.vfmadd231ps(xmm0, xmm1, xmm2)),
        ("cx16", a => a.cmpxchg16b(__xmmword_ptr[Data])),
        ("sse4_1", a => a.pblendw(xmm0, xmm1, 3)),
        ("sse4_2", a => a.pcmpgtq(xmm0, xmm1)),
        ("movbe", a => a.movbe(eax, __dword_ptr[Data])),
        ("popcnt", a => a.popcnt(eax, ebx)),
        ("aes", a => a.aesenc(xmm0, xmm1)),
        ("xsave", XSave),
        ("avx", a => a.vaddps(ymm0, ymm1, ymm2)),
        ("f16c", a => a.vcvtph2ps(ymm0, xmm1)),
        ("rdrand", a => a.rdrand(rax)),
        ("fsgsbase", a => a.rdfsbase(rax)),
        ("bmi1", a => a.andn(eax, ebx, ecx)),
        ("avx2", a => a.vpaddd(ymm0, ymm1, ymm2)),
        ("bmi2", a => a.pdep(eax, ebx, ecx)),
        ("invpcid", a => InvalidatePcid(a)),
        ("rdseed", a => a.rdseed(rax)),
        ("adx", a => a.adcx(eax, ebx)),
        ("pcommit", a => a.db(0x66, 0x0F, 0xAE, 0xF8)),
        ("clflushopt", a => a.clflushopt(__byte_ptr[Data])),
        ("clwb", a => a.clwb(__byte_ptr[Data])),
        ("sha_ni", a => a.sha1nexte(xmm0, xmm1)),
        ("gfni", a => a.gf2p8mulb(xmm0, xmm1)),
        ("vaes", a => a.vaesenc(ymm0, ymm1, ymm2)),
        ("vpclmulqdq", a => a.vpclmulqdq(ymm0, ymm1, ymm2, 1)),
        ("avx_vnni", a => a.vpdpbusd(ymm0, ymm1, ymm2)),
        ("rdpid", a => a.rdpid(rax)),
        ("xsaveopt", a => a.xsaveopt(__[Data])),
        ("xsavec", XSaveCompacted),
        ("lahf_lm", a => a.lahf()),
        ("abm", a => a.lzcnt(eax, ebx)),
        ("sse4a", a => a.extrq(xmm0, xmm1)),
        ("3dnowprefetch", a => a.prefetchw(__byte_ptr[Data])),
        ("syscall", Syscall),
        ("rdtscp", a => a.rdtscp()),
    ];

    private static (string, Action<Assembler>)[] Properties() =>
    [
        ("de", a => SetCr4(a, Cr4.DE)),
        ("pse", a => SetCr4(a, Cr4.PSE)),
        ("pae", a => SetCr4(a, Cr4.PAE)),
        ("mce", a => SetCr4(a, Cr4.MCE)),
        ("apic", a => ReadMsr(a, Msr.ApicBase)),
        ("mtrr", a => ReadMsr(a, Msr.MtrrCap)),
        ("pge", a => SetCr4(a, Cr4.PGE)),
        ("mca", a => ReadMsr(a, Msr.McgCap)),
        ("pat", a => ReadMsr(a, Msr.Pat)),
        ("pse36", a => a.nop()),
        ("ht", a => a.pause()),
        ("hypervisor", a =>
        {
            a.mov(eax, 0x4000_0000);
            a.cpuid();
        }),
        ("erms", a => Repeat(a)),
        ("fsrm", a => Repeat(a)),
        ("cmp_legacy", a => a.pause()),

        // SSE has these too.
        ("mmxext", a => a.pshufw(mm0, mm1, 3)),
        ("cr8_legacy", a => a.db(0xF0, 0x0F, 0x20, 0xC0)),
        ("nx", a => EngineGuests.Wrmsr(a, Msr.Efer, Efer.LME | Efer.LMA | Efer.NXE)),
        ("pdpe1gb", a =>
        {
            a.mov(eax, 0x87);
            a.mov(__[BareGuest.Pdpt + 8], rax);
            a.mov(eax, 0x4000_0000 + (int)Data);
            a.mov(rbx, __qword_ptr[rax]);
        }),
        ("lm", a => a.push(r15)),
        ("fxsr_opt", a => EngineGuests.Wrmsr(a, Msr.Efer, Efer.LME | Efer.LMA | Efer.FFXSR)),

        // AMD's copies of the bits of leaf 1.
        .. Enumerable.Range(0, 25).Select(bit => ($"80000001.0.edx.{bit}", (Action<Assembler>)(a => a.nop()))),
        ("80000007.0.edx.8", a => a.rdtsc()),
        ("xsaveerptr", a => a.fxsave(__[Data])),
        ("80000008.0.ebx.26", a => a.nop()),
        ("80000008.0.ebx.29", a => a.nop()),

        // LFENCE serializes; a null selector clears the base; automatic IBRS; not vulnerable.
        ("80000021.0.eax.2", a => a.lfence()),
        ("80000021.0.eax.6", a =>
        {
            EngineGuests.Wrmsr(a, Msr.FsBase, 0x1234);
            a.xor(eax, eax);
            a.mov(fs, eax);
            ReadMsr(a, Msr.FsBase);
            Label zero = a.CreateLabel();
            a.test(eax, eax);
            a.je(zero);
            a.ud2();
            a.Label(ref zero);
            a.nop();
        }),
        ("80000021.0.eax.8", a => EngineGuests.Wrmsr(a, Msr.Efer, Efer.LME | Efer.LMA | Efer.AIBRSE)),
        ("80000021.0.eax.29", a => a.nop()),
        ("80000021.0.ecx.1", a => a.nop()),
        ("80000021.0.ecx.2", a => a.nop()),

        // What AMD-V has beyond VMRUN is tested with it; here only that VMRUN's own register is there.
        .. Enumerable.Range(0, 32).Select(bit => ($"8000000a.0.edx.{bit}", (Action<Assembler>)(a => ReadMsr(a, Msr.VmHsavePa)))),
    ];

    private static void ReadMsr(Assembler a, uint msr)
    {
        a.mov(ecx, msr);
        a.rdmsr();
    }

    // With SMEP and SMAP the supervisor's own pages must not be the user's.
    private static void SetCr4(Assembler a, ulong bit, bool supervisorPages = false)
    {
        if (supervisorPages)
        {
            a.mov(__dword_ptr[BareGuest.Pml4], (uint)BareGuest.Pdpt | 3);
            a.mov(rax, cr3);
            a.mov(cr3, rax);
        }

        a.mov(rax, cr4);
        a.mov(rbx, bit);
        a.or(rax, rbx);
        a.mov(cr4, rax);
    }

    private static void XSave(Assembler a)
    {
        a.mov(eax, 7);
        a.xor(edx, edx);
        a.xsave(s_memory);
    }

    // What it saves can be restored.
    private static void XSaveCompacted(Assembler a)
    {
        a.mov(eax, 7);
        a.xor(edx, edx);
        a.xsavec(s_memory);
        a.xrstor(s_memory);
    }

    private static void ReadInUse(Assembler a)
    {
        a.mov(ecx, 1);
        a.xgetbv();
    }

    private static void InvalidatePcid(Assembler a)
    {
        a.mov(eax, 2);
        a.mov(__qword_ptr[Data], 0);
        a.mov(__qword_ptr[Data + 8], 0);
        a.invpcid(rax, __xmmword_ptr[Data]);
    }

    private static void Repeat(Assembler a)
    {
        a.mov(esi, (uint)Data);
        a.mov(edi, (uint)Data + 0x1000);
        a.mov(ecx, 100);
        a.rep.movsb();
    }

    // The entry point is right behind the instruction.
    private static void Syscall(Assembler a)
    {
        Label target = a.CreateLabel();
        a.lea(rbx, __[target]);
        a.mov(ecx, Msr.LStar);
        a.mov(rax, rbx);
        a.xor(edx, edx);
        a.wrmsr();
        EngineGuests.Wrmsr(a, Msr.Star, 0x0008_0008_0000_0000);
        a.syscall();
        a.Label(ref target);
        a.nop();
    }

    // CALL tells where it is: the entry point is 15 bytes behind it.
    private static void Sysenter(Assembler a)
    {
        Label here = a.CreateLabel();
        EngineGuests.Wrmsr(a, Msr.SysenterCs, BareGuest.CodeSelector);
        EngineGuests.Wrmsr(a, Msr.SysenterEsp, BareGuest.StackTop);
        a.call(here);
        a.Label(ref here);
        a.pop(eax);
        a.db(0x83, 0xC0, 15);
        a.mov(ecx, Msr.SysenterEip);
        a.xor(edx, edx);
        a.wrmsr();
        a.sysenter();
        a.nop();
    }
}
