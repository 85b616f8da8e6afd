using System.Runtime.InteropServices;
using System.Text;
using Nestvisor.X64;

namespace Nestvisor.Worker.Nesting;

/// <summary>What CPUID says about the processor and its virtualization extensions.</summary>
/// <param name="Vendor">The twelve letters of leaf 0.</param>
/// <param name="Family">The family, the extended one added.</param>
/// <param name="Svm">Whether it shows AMD-V.</param>
/// <param name="Vmx">Whether it shows VT-x.</param>
/// <param name="NestedPaging">Whether it shows AMD's nested paging; CPUID says nothing about Intel's.</param>
internal sealed record HostExtensions(string Vendor, int Family, bool Svm, bool Vmx, bool NestedPaging)
{
    private const uint ExtendedFeatures = 0x8000_0001;
    private const uint SvmFeatures = 0x8000_000A;

    public bool IsAmd => Vendor is "AuthenticAMD" or "HygonGenuine";

    public bool Any => Svm || Vmx;

    /// <summary>Name of the extensions that it shows.</summary>
    public string Name => Svm ? "AMD-V" : "VT-x";

    /// <summary>The kernel's module that drives them.</summary>
    public string Module => Svm ? "kvm_amd" : "kvm_intel";

    public static HostExtensions Read(IHostFacts host)
    {
        CpuidResult first = host.Cpuid(0, 0);
        CpuidResult features = host.Cpuid(1, 0);
        uint highest = host.Cpuid(0x8000_0000, 0).Eax;
        uint family = (features.Eax >> 8) & 0xF;
        if (family == 0xF)
        {
            family += (features.Eax >> 20) & 0xFF;
        }

        return new HostExtensions(
            Letters(first.Ebx, first.Edx, first.Ecx),
            (int)family,
            highest >= ExtendedFeatures && (host.Cpuid(ExtendedFeatures, 0).Ecx & (1 << 2)) != 0,
            (features.Ecx & (1 << 5)) != 0,
            highest >= SvmFeatures && (host.Cpuid(SvmFeatures, 0).Edx & 1) != 0);
    }

    /// <summary>The text that three registers hold.</summary>
    public static string Letters(uint a, uint b, uint c) => Encoding.Latin1.GetString(MemoryMarshal.AsBytes<uint>([a, b, c])).TrimEnd('\0', ' ');
}
