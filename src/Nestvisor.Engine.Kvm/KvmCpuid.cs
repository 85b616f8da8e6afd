using System.Buffers.Binary;
using System.Numerics;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm;

/// <summary>
/// Gives a processor its CPUID: the partition's profile, with APIC id and topology (one package, one thread a core) filled in. The
/// kernel itself fills in OSXSAVE, the size of the enabled XSAVE area and KVM's feature leaf.
/// </summary>
internal static class KvmCpuid
{
    private const int EntrySize = 40;
    private const uint SignificantIndex = 1;

    // KVM's leaves: the first holds the signature and the last leaf's number; the third, which is the user's to fill in, the
    // frequencies in kHz of the TSC and of the local APIC's bus, for guests that would calibrate against a slow PIT otherwise.
    private const uint KvmSignature = 0x4000_0000;
    private const uint KvmFrequencies = 0x4000_0010;

    // The kernel's local APIC counts nanoseconds (KVM_APIC_BUS_FREQUENCY).
    private const uint ApicBusKHz = 1_000_000;

    public static void Set(FileDescriptor processor, CpuProfile profile, int index, int count)
    {
        uint tscKHz = (uint)KvmDevice.Call(processor, KvmIoctl.GetTscKhz, 0, "read the frequency of the time-stamp counter");
        List<(uint Leaf, uint Subleaf, CpuidResult Value)> leaves = Build(profile, (uint)index, (uint)count, tscKHz);
        byte[] buffer = new byte[8 + (leaves.Count * EntrySize)];
        BinaryPrimitives.WriteInt32LittleEndian(buffer, leaves.Count);
        for (int i = 0; i < leaves.Count; i++)
        {
            Span<byte> entry = buffer.AsSpan(8 + (i * EntrySize), EntrySize);
            (uint leaf, uint subleaf, CpuidResult value) = leaves[i];
            ReadOnlySpan<uint> words =
                [leaf, subleaf, HasSubleaves(leaf) ? SignificantIndex : 0, value.Eax, value.Ebx, value.Ecx, value.Edx];
            for (int word = 0; word < words.Length; word++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry[(word * 4)..], words[word]);
            }
        }

        KvmDevice.Call(processor, KvmIoctl.SetCpuid2, buffer.AsSpan(), "set the CPUID of a processor");
    }

    internal static List<(uint Leaf, uint Subleaf, CpuidResult Value)> Build(CpuProfile profile, uint id, uint count, uint tscKHz)
    {
        // Bits of the APIC id that number the cores of a package.
        int shift = BitOperations.Log2(BitOperations.RoundUpToPowerOf2(count));
        List<(uint Leaf, uint Subleaf, CpuidResult Value)> result = [];
        foreach (((uint leaf, uint subleaf), CpuidResult value) in profile.Leaves)
        {
            if (leaf is not (0xB or 0x1F or KvmFrequencies))
            {
                result.Add((leaf, subleaf, Adapt(leaf, value, id, count, shift)));
            }
        }

        foreach (uint leaf in (ReadOnlySpan<uint>)[0xB, 0x1F])
        {
            if (profile[0, 0].Eax >= leaf && (leaf == 0xB || profile[leaf, 0] != default))
            {
                // Intel SDM vol. 2, CPUID leaf 0Bh: level types 1 (SMT) and 2 (core).
                result.Add((leaf, 0, new CpuidResult(0, 1, 0x100, id)));
                result.Add((leaf, 1, new CpuidResult((uint)shift, count, 0x201, id)));
                result.Add((leaf, 2, new CpuidResult(0, 0, 2, id)));
            }
        }

        if (HasKvmLeaves(profile))
        {
            result.Add((KvmFrequencies, 0, new CpuidResult(tscKHz, ApicBusKHz, 0, 0)));
        }

        return result;
    }

    private static bool HasKvmLeaves(CpuProfile profile) => profile[KvmSignature, 0].Ebx == 0x4B4D_564B;

    private static CpuidResult Adapt(uint leaf, CpuidResult value, uint id, uint count, int shift)
    {
        const uint multithreading = 1u << 28;
        const uint legacyMulticore = 1u << 1;
        uint cores = count - 1;
        switch (leaf)
        {
            case 1:
                return value with
                {
                    Ebx = (value.Ebx & 0x0000_FFFF) | (Math.Min(count, 255) << 16) | (id << 24),
                    Edx = count > 1 ? value.Edx | multithreading : value.Edx & ~multithreading,
                };
            case 4:
                return (value.Eax & 0x1F) == 0
                    ? value
                    : value with { Eax = (value.Eax & 0x0000_3FFF) | (IsShared(value) ? cores << 14 : 0) | (Math.Min(cores, 63) << 26) };
            case KvmSignature:
                return value.Ebx == 0x4B4D_564B ? value with { Eax = Math.Max(value.Eax, KvmFrequencies) } : value;
            case 0x8000_0001:
                return value with { Ecx = count > 1 ? value.Ecx | legacyMulticore : value.Ecx & ~legacyMulticore };
            case 0x8000_0008:
                return value with { Ecx = Math.Min(cores, 255) | ((uint)shift << 12) };
            case 0x8000_001D:
                return (value.Eax & 0x1F) == 0
                    ? value
                    : value with { Eax = (value.Eax & 0xFC00_3FFF) | (IsShared(value) ? Math.Min(cores, 0xFFF) << 14 : 0) };
            case 0x8000_001E:
                return new CpuidResult(id, id & 0xFF, 0, 0);
            default:
                return value;
        }
    }

    // Only the third-level cache is shared by cores.
    private static bool IsShared(CpuidResult cache) => ((cache.Eax >> 5) & 7) == 3;

    private static bool HasSubleaves(uint leaf) =>
        leaf is 4 or 7 or 0xB or 0xD or 0xF or 0x10 or 0x12 or 0x14 or 0x17 or 0x18 or 0x1D or 0x1E or 0x1F or 0x8000_001D;
}
