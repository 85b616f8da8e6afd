namespace Nestvisor.Worker.Nesting;

/// <summary>The hypervisor outside, if this host is a virtual machine itself.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Expose">How its virtual machines are given virtualization extensions.</param>
internal sealed record OuterHypervisor(string Name, string Expose)
{
    // CPUID 1 ECX bit 31 is kept clear by processors for hypervisors to set.
    private const uint Present = 1u << 31;
    private const uint FirstLeaf = 0x4000_0000;
    private const uint LeafStep = 0x100;
    private const int Signatures = 4;

    private static readonly Dictionary<string, OuterHypervisor> s_known = new()
    {
        ["Microsoft Hv"] = new("Hyper-V", "On its host, while this virtual machine is off: Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true."),
        ["KVMKVMKVM"] = new(
            "KVM",
            "On its host, load kvm_amd or kvm_intel with nested=1 and give this virtual machine the host's processor (-cpu host, host-passthrough). "
            + "In a cloud, choose a kind of instance with nested virtualization."),
        ["VMwareVMware"] = new("VMware", "Expose hardware-assisted virtualization to this virtual machine (vhv.enable = \"TRUE\")."),
        ["XenVMMXenVMM"] = new("Xen", "Make this domain an HVM one with nestedhvm=1."),
        ["VBoxVBoxVBox"] = new("VirtualBox", "On its host, while this virtual machine is off: VBoxManage modifyvm NAME --nested-hw-virt on."),
        ["TCGTCGTCGTCG"] = new("QEMU without KVM", "Start it with -cpu max, which has AMD-V."),
        ["bhyve bhyve"] = new("bhyve", "It has no nested virtualization: use another hypervisor, or a machine without one."),
    };

    /// <summary>Whether it is Microsoft's own.</summary>
    public bool IsHyperV => Name == "Hyper-V";

    /// <summary>Finds it.</summary>
    /// <returns>The hypervisor; null if there is none.</returns>
    public static OuterHypervisor? Find(IHostFacts host)
    {
        if ((host.Cpuid(1, 0).Ecx & Present) == 0)
        {
            return null;
        }

        // KVM and Xen can pass for Hyper-V in the first leaves; their own signature then follows 100h leaves later.
        OuterHypervisor? found = null;
        for (uint i = 0; i < Signatures; i++)
        {
            if (s_known.TryGetValue(Signature(host, FirstLeaf + (i * LeafStep)), out OuterHypervisor? known) && (found is null || found.IsHyperV))
            {
                found = known;
            }
        }

        return found ?? new OuterHypervisor(
            $"an unknown hypervisor (\"{Printable(Signature(host, FirstLeaf))}\")", "Ask its vendor how virtual machines are given AMD-V or VT-x.");
    }

    private static string Signature(IHostFacts host, uint leaf)
    {
        X64.CpuidResult value = host.Cpuid(leaf, 0);
        return HostExtensions.Letters(value.Ebx, value.Ecx, value.Edx);
    }

    // The hypervisor's text goes to a terminal.
    private static string Printable(string text) => string.Concat(text.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter == ' ' ? letter : '.'));
}
