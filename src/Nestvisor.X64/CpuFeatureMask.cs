using System.Globalization;

namespace Nestvisor.X64;

/// <summary>Takes single features out of a profile, by their names in /proc/cpuinfo or as bits.</summary>
public static class CpuFeatureMask
{
    private static readonly (uint Leaf, uint Subleaf, CpuidRegister Register, string Names)[] s_names =
    [
        (1, 0, CpuidRegister.Edx, "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm - pbe"),
        (1, 0, CpuidRegister.Ecx, "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave osxsave avx f16c rdrand hypervisor"),
        (6, 0, CpuidRegister.Eax, "dtherm ida arat"),
        (7, 0, CpuidRegister.Ebx, "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma pcommit clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"),
        (7, 0, CpuidRegister.Ecx, "- avx512vbmi umip pku ospke waitpkg avx512_vbmi2 shstk gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd sgx_lc"),
        (7, 0, CpuidRegister.Edx, "- - avx512_4vnniw avx512_4fmaps fsrm uintr - - avx512_vp2intersect - md_clear - - - serialize - tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 amx_tile amx_int8 spec_ctrl intel_stibp flush_l1d arch_capabilities core_capabilities spec_ctrl_ssbd"),
        (7, 1, CpuidRegister.Eax, "- - - - avx_vnni avx512_bf16 - cmpccxadd - - fzrm fsrs fsrc - - - - - - - - amx_fp16 - avx_ifma - - lam"),
        (0xD, 1, CpuidRegister.Eax, "xsaveopt xsavec xgetbv1 xsaves"),
        (0x8000_0001, 0, CpuidRegister.Ecx, "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx"),
        (0x8000_0001, 0, CpuidRegister.Edx, "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"),
        (0x8000_0008, 0, CpuidRegister.Ebx, "clzero irperf xsaveerptr - rdpru - - - - wbnoinvd - - ibpb - ibrs stibp - stibp_always_on - - - - - amd_ppin ssbd virt_ssbd"),
        (0x8000_000A, 0, CpuidRegister.Edx, "npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists - - pausefilter - pfthreshold avic - v_vmsave_vmload vgif x2avic - - v_spec_ctrl - - - - vnmi"),
    ];

    /// <summary>Copies a profile without some features.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="features">
    /// Names as in /proc/cpuinfo (<c>avx2</c>), or <c>LEAF.SUBLEAF.REGISTER.BIT</c> with hexadecimal leaf and subleaf and decimal bit
    /// (<c>7.0.ebx.5</c>).
    /// </param>
    /// <returns>The copy.</returns>
    /// <exception cref="FormatException">A feature is not known.</exception>
    public static CpuProfile Without(CpuProfile profile, IEnumerable<string> features)
    {
        foreach (string feature in features)
        {
            (uint leaf, uint subleaf, CpuidRegister register, int bit) = Find(feature);
            profile = profile.With((leaf, subleaf, Clear(profile[leaf, subleaf], register, 1u << bit)));
        }

        return profile;
    }

    /// <summary>Finds the bit of a feature.</summary>
    /// <param name="feature">Name or bit, as for <see cref="Without"/>.</param>
    /// <returns>Where CPUID shows it.</returns>
    /// <exception cref="FormatException">The feature is not known.</exception>
    public static (uint Leaf, uint Subleaf, CpuidRegister Register, int Bit) Find(string feature)
    {
        foreach ((uint leaf, uint subleaf, CpuidRegister register, string names) in s_names)
        {
            int bit = Array.IndexOf(names.Split(' '), feature);
            if (bit >= 0 && feature != "-")
            {
                return (leaf, subleaf, register, bit);
            }
        }

        string[] parts = feature.Split('.');
        if (parts.Length == 4
            && uint.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number)
            && uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint index)
            && Array.IndexOf(["eax", "ebx", "ecx", "edx"], parts[2]) is >= 0 and int which
            && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out int position) && position < 32)
        {
            return (number, index, (CpuidRegister)which, position);
        }

        throw new FormatException(
            $"There is no processor feature '{feature}'. Use a name from the flags in /proc/cpuinfo, or LEAF.SUBLEAF.REGISTER.BIT such as 7.0.ebx.5.");
    }

    private static CpuidResult Clear(CpuidResult value, CpuidRegister register, uint mask) => register switch
    {
        CpuidRegister.Eax => value with { Eax = value.Eax & ~mask },
        CpuidRegister.Ebx => value with { Ebx = value.Ebx & ~mask },
        CpuidRegister.Ecx => value with { Ecx = value.Ecx & ~mask },
        _ => value with { Edx = value.Edx & ~mask },
    };
}
