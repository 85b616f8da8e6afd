using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm;

/// <summary>The processor that the host's KVM can give to guests, as a profile.</summary>
public static class KvmHostProfile
{
    private const int EntrySize = 40;

    // What ProcessorState cannot hold, or what the machine does not have, is not advertised. Leaf 7 (Intel SDM vol. 2 CPUID):
    // SGX 2, MPX 14, AVX-512 16 17 21 26 27 28 30 31, processor trace 25.
    private const uint Leaf7EbxHidden = 0xDE23_4004;

    // VBMI 1, CET_SS 7, VBMI2 6, VNNI 11, BITALG 12, VPOPCNTDQ 14, WAITPKG 5, key locker 23, SGX_LC 30.
    private const uint Leaf7EcxHidden = 0x4080_58E2;

    // 4VNNIW 2, 4FMAPS 3, UINTR 5, VP2INTERSECT 8, LBR 19, CET_IBT 20, AMX 22 24 25, AVX512-FP16 23, IA32_CORE_CAPABILITIES 30.
    private const uint Leaf7EdxHidden = 0x43D8_012C;

    // AVX512-BF16 5, FRED 17, LKGS 18, AMX-FP16 21.
    private const uint Leaf7Sub1EaxHidden = 0x0026_0020;

    // AMX-COMPLEX 8, CET_SSS 18, AVX10 19, APX 21.
    private const uint Leaf7Sub1EdxHidden = 0x002C_0100;

    private const uint FirstLevelCaches = 0x8000_0005;

    // x87, SSE, AVX, PKRU: the components of ProcessorState.
    private const uint StateComponents = 0x207;

    /// <summary>Reads what KVM supports, less what the engine does not carry.</summary>
    /// <param name="exposeVirtualizationExtensions">Whether AMD-V or VT-x stays visible.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">KVM is not usable; <see cref="KvmHost.Check"/> says why.</exception>
    public static CpuProfile Read(bool exposeVirtualizationExtensions)
    {
        Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves = ReadSupported(out bool deadlineTimer);
        CpuVendor vendor = Get(leaves, 0).Ebx is 0x6874_7541 or 0x6F67_7948 ? CpuVendor.Amd : CpuVendor.Intel;
        ForgetReader(leaves);
        HideState(leaves);
        HideUnimplemented(leaves);
        ShowHypervisor(leaves, deadlineTimer);
        ShowCaches(leaves, vendor, HostCaches());
        if (!exposeVirtualizationExtensions)
        {
            Hide(leaves, 1, 0, ecx: 1 << 5);
            Hide(leaves, 0x8000_0001, 0, ecx: 1 << 2);
            leaves.Remove((0x8000_000A, 0));
        }

        FillBrand(leaves, vendor);
        return new CpuProfile("host", vendor, leaves);
    }

    internal static bool SupportsNesting()
    {
        Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves = ReadSupported(out _);
        return ((Get(leaves, 1).Ecx & (1 << 5)) | (Get(leaves, 0x8000_0001).Ecx & (1 << 2))) != 0;
    }

    private static Dictionary<(uint Leaf, uint Subleaf), CpuidResult> ReadSupported(out bool deadlineTimer)
    {
        const int most = 512;
        using FileDescriptor kvm = KvmDevice.Open();
        deadlineTimer = KvmDevice.Capability(kvm, KvmCapability.TscDeadlineTimer) != 0;
        byte[] buffer = new byte[8 + (most * EntrySize)];
        BinaryPrimitives.WriteInt32LittleEndian(buffer, most);
        KvmDevice.Call(kvm, KvmIoctl.GetSupportedCpuid, buffer.AsSpan(), "read the supported CPUID");
        Dictionary<(uint, uint), CpuidResult> leaves = [];
        int count = BinaryPrimitives.ReadInt32LittleEndian(buffer);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = buffer.AsSpan(8 + (i * EntrySize), EntrySize);
            CpuidResult value = new(Word(entry, 3), Word(entry, 4), Word(entry, 5), Word(entry, 6));
            if (value != default)
            {
                leaves[(Word(entry, 0), Word(entry, 1))] = value;
            }
        }

        return leaves;
    }

    private static CpuidResult Get(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves, uint leaf) =>
        leaves.TryGetValue((leaf, 0), out CpuidResult value) ? value : default;

    private static uint Word(ReadOnlySpan<byte> entry, int index) => BinaryPrimitives.ReadUInt32LittleEndian(entry[(index * 4)..]);

    // Some leaves tell of the processor that read them: the APIC id and the number of logical processors (leaf 1 EBX 31:16), the x2APIC id
    // (0Bh, 1Fh EDX), the ids of core and node (8000_001Eh). KvmCpuid fills in the guest's own. Left here, they would make the profile
    // another one for each core that a worker starts on, and a saved machine could go on on that core only.
    private static void ForgetReader(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves)
    {
        foreach (((uint leaf, uint subleaf), CpuidResult value) in leaves.ToArray())
        {
            CpuidResult common = leaf switch
            {
                1 => value with { Ebx = value.Ebx & 0xFFFF },
                0xB or 0x1F => value with { Edx = 0 },
                _ => value,
            };
            leaves[(leaf, subleaf)] = common;
            if (common == default)
            {
                leaves.Remove((leaf, subleaf));
            }
        }

        // All zero on the first core, and so not among the leaves there.
        if (Get(leaves, 0x8000_0000).Eax >= 0x8000_001E)
        {
            leaves[(0x8000_001E, 0)] = default;
        }
    }

    private static void HideState(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves)
    {
        if (leaves.TryGetValue((0xD, 0), out CpuidResult components))
        {
            leaves[(0xD, 0)] = new CpuidResult(components.Eax & StateComponents, components.Ebx, SizeOf(leaves, components.Eax & StateComponents), 0);
        }

        if (leaves.TryGetValue((0xD, 1), out CpuidResult forms))
        {
            // XSAVES without supervisor components is XSAVEC; IA32_XSS has no bit.
            leaves[(0xD, 1)] = new CpuidResult(forms.Eax & 0xF, forms.Ebx, 0, 0);
        }

        for (uint component = 2; component < 64; component++)
        {
            if (component >= 32 || (StateComponents & (1u << (int)component)) == 0)
            {
                leaves.Remove((0xD, component));
            }
        }

        Hide(leaves, 7, 0, ebx: Leaf7EbxHidden, ecx: Leaf7EcxHidden, edx: Leaf7EdxHidden);
        Hide(leaves, 7, 1, eax: Leaf7Sub1EaxHidden, edx: Leaf7Sub1EdxHidden);
    }

    // The standard-format area ends where the last component does (Intel SDM vol. 1 §13.4.3).
    private static uint SizeOf(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves, uint components)
    {
        uint size = 576;
        for (int i = 2; i < 32; i++)
        {
            if ((components & (1u << i)) != 0 && leaves.TryGetValue((0xD, (uint)i), out CpuidResult component))
            {
                size = Math.Max(size, component.Eax + component.Ebx);
            }
        }

        return size;
    }

    private static void HideUnimplemented(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves)
    {
        // The performance counters (leaf 0Ah; core counters, 8000_0001h ECX bits 23, 24 and 28), resource control, processor trace,
        // SGX, AMX, AVX10 and memory encryption have no state in a saved processor.
        foreach (uint leaf in (ReadOnlySpan<uint>)[0xA, 0xF, 0x10, 0x12, 0x14, 0x1D, 0x1E, 0x23, 0x24, 0x8000_001B, 0x8000_001F, 0x8000_0022])
        {
            foreach ((uint Leaf, uint Subleaf) key in leaves.Keys.Where(k => k.Leaf == leaf).ToArray())
            {
                leaves.Remove(key);
            }
        }

        Hide(leaves, 1, 0, ecx: 1 << 15);
        Hide(leaves, 7, 0, ebx: (1 << 12) | (1 << 15));
        Hide(leaves, 0x8000_0001, 0, ecx: (1u << 10) | (1 << 23) | (1 << 24) | (1 << 28));
    }

    // KVM leaves it to its user to say that there is a hypervisor, without which a guest does not look for the leaves from
    // 4000_0000h on and misses kvmclock, and that the local APIC in the kernel has the TSC-deadline timer (Linux
    // Documentation/virt/kvm/api.rst, KVM_GET_SUPPORTED_CPUID): leaf 1 ECX bits 31 and 24.
    internal static void ShowHypervisor(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves, bool deadlineTimer)
    {
        CpuidResult value = Get(leaves, 1);
        leaves[(1, 0)] = value with { Ecx = value.Ecx | (1u << 31) | (deadlineTimer ? 1u << 24 : 0) };
    }

    // An AMD processor tells its first-level caches in 8000_0005h (AMD APM vol. 3 §E.4.4). KVM of Linux 6.1 leaves that leaf out and
    // passes on the one of the others; a guest that sees only half of them, Linux for one, takes it that there are none.
    internal static void ShowCaches(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves, CpuVendor vendor, CpuidResult ofHost)
    {
        if (vendor == CpuVendor.Amd && ofHost != default)
        {
            _ = leaves.TryAdd((FirstLevelCaches, 0), ofHost);
        }
    }

    private static CpuidResult HostCaches()
    {
        (int highest, _, _, _) = X86Base.CpuId(unchecked((int)0x8000_0000), 0);
        if ((uint)highest < FirstLevelCaches)
        {
            return default;
        }

        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId(unchecked((int)FirstLevelCaches), 0);
        return new CpuidResult((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }

    private static void FillBrand(Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves, CpuVendor vendor)
    {
        if (leaves.ContainsKey((0x8000_0002, 0)))
        {
            return;
        }

        byte[] name = new byte[48];
        Encoding.ASCII.GetBytes(vendor == CpuVendor.Amd ? "AMD processor" : "Intel processor", name);
        for (uint i = 0; i < 3; i++)
        {
            ReadOnlySpan<byte> part = name.AsSpan((int)i * 16);
            leaves[(0x8000_0002 + i, 0)] = new CpuidResult(Word(part, 0), Word(part, 1), Word(part, 2), Word(part, 3));
        }
    }

    private static void Hide(
        Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves, uint leaf, uint subleaf, uint eax = 0, uint ebx = 0, uint ecx = 0, uint edx = 0)
    {
        if (leaves.TryGetValue((leaf, subleaf), out CpuidResult value))
        {
            leaves[(leaf, subleaf)] = new CpuidResult(value.Eax & ~eax, value.Ebx & ~ebx, value.Ecx & ~ecx, value.Edx & ~edx);
        }
    }
}
