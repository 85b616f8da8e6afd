using System.Numerics;
using System.Text;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>The processors that the software engine can be.</summary>
public static class SoftwareProfiles
{
    /// <summary>
    /// An AMD processor of family 19h with exactly the features that the engine has. It is not affected by what software cannot
    /// be affected by: SSB_NO, BTC_NO, SRSO_NO, TSA_SQ_NO and TSA_L1_NO are set, and automatic IBRS is there.
    /// </summary>
    /// <param name="processors">Number of processors in the package.</param>
    /// <param name="exposeVirtualizationExtensions">Whether the guest finds AMD-V.</param>
    /// <returns>The profile.</returns>
    public static CpuProfile Amd(int processors, bool exposeVirtualizationExtensions)
    {
        Dictionary<(uint, uint), CpuidResult> leaves = [];
        uint features = Bits(2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19) | ProvidedFeatures.Leaf1Edx;
        uint hyperThreading = processors > 1 ? 1u << 28 : 0;
        leaves[(0, 0)] = new(0xD, 0x6874_7541, 0x444D_4163, 0x6974_6E65);
        leaves[(1, 0)] = new(
            0x00A0_0F11,
            (8u << 8) | ((uint)processors << 16),
            Bits(13, 17, 21, 22, 23, 24, 30, 31) | ProvidedFeatures.Leaf1Ecx,
            features | hyperThreading);
        leaves[(7, 0)] = new(
            ProvidedFeatures.Leaf71Eax == 0 ? 0u : 1u,
            Bits(0, 3, 7, 8, 9, 10, 18, 19, 20, 22, 23, 24) | ProvidedFeatures.Leaf7Ebx,
            Bits(2, 3, 22, 31) | ProvidedFeatures.Leaf7Ecx,
            Bits(4));
        if (ProvidedFeatures.Leaf71Eax != 0)
        {
            leaves[(7, 1)] = new(ProvidedFeatures.Leaf71Eax, 0, 0, 0);
        }

        AddTopology(leaves, processors);
        leaves[(0xD, 0)] = new(0x207, 840, 840, 0);
        leaves[(0xD, 1)] = new(ProvidedFeatures.LeafD1EaxMask, 0, 0, 0);
        leaves[(0xD, 2)] = new(256, 576, 0, 0);
        leaves[(0xD, 9)] = new(8, 832, 0, 0);
        leaves[(0x8000_0000, 0)] = new(0x8000_0021, 0x6874_7541, 0x444D_4163, 0x6974_6E65);
        leaves[(0x8000_0001, 0)] = new(
            0x00A0_0F11,
            0,
            Bits(0, 4, 5, 8) | ProvidedFeatures.Leaf80000001Ecx | (processors > 1 ? 2u : 0) | (exposeVirtualizationExtensions ? 4u : 0),
            (features & 0x0183_F3FF) | Bits(11, 20, 26, 27, 29) | ProvidedFeatures.Leaf80000001Edx);
        AddName(leaves, "Nestvisor Virtual Processor");
        leaves[(0x8000_0005, 0)] = new(0xFF40_FF40, 0xFF40_FF40, 0x2008_0140, 0x2008_0140);
        leaves[(0x8000_0006, 0)] = new(0x4800_6400, 0x6800_6400, 0x0200_6140, 0x0040_9140);
        leaves[(0x8000_0007, 0)] = new(0, 0, 0, Bits(8));
        leaves[(0x8000_0008, 0)] = new(
            CpuLimits.PhysicalAddressBits | (CpuLimits.LinearAddressBits << 8),
            Bits(2, 26, 29),
            (uint)(processors - 1) | (IdBits(processors) << 12),
            0);
        if (exposeVirtualizationExtensions)
        {
            leaves[(0x8000_000A, 0)] = SvmCapabilities.Leaf;
        }

        leaves[(0x8000_0021, 0)] = new(Bits(2, 6, 8, 29), 0, Bits(1, 2), 0);
        return new CpuProfile("amd", CpuVendor.Amd, leaves);
    }

    // One thread a core, all cores in one package (Intel SDM vol. 2, CPUID leaf Bh).
    private static void AddTopology(Dictionary<(uint, uint), CpuidResult> leaves, int processors)
    {
        const uint ThreadLevel = 1 << 8;
        const uint CoreLevel = 2 << 8;
        leaves[(0xB, 0)] = new(0, 1, ThreadLevel, 0);
        leaves[(0xB, 1)] = new(IdBits(processors), (uint)processors, CoreLevel, 0);
    }

    // Bits of the APIC id that number the cores of the package.
    private static uint IdBits(int processors) => (uint)BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)processors));

    private static void AddName(Dictionary<(uint, uint), CpuidResult> leaves, string name)
    {
        byte[] text = new byte[48];
        Encoding.ASCII.GetBytes(name, text);
        for (uint i = 0; i < 3; i++)
        {
            int at = (int)i * 16;
            leaves[(0x8000_0002 + i, 0)] = new(
                BitConverter.ToUInt32(text, at),
                BitConverter.ToUInt32(text, at + 4),
                BitConverter.ToUInt32(text, at + 8),
                BitConverter.ToUInt32(text, at + 12));
        }
    }

    private static uint Bits(params ReadOnlySpan<int> bits)
    {
        uint value = 0;
        foreach (int bit in bits)
        {
            value |= 1u << bit;
        }

        return value;
    }
}
