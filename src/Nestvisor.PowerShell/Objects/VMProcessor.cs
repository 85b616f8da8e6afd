namespace Microsoft.HyperV.PowerShell;

/// <summary>The processors of a virtual machine.</summary>
public sealed class VMProcessor : VMComponentObject
{
    internal VMProcessor(VirtualMachine machine)
        : base(machine)
    {
    }

    /// <inheritdoc/>
    public override string Name => "Processor";

    /// <summary>Number of virtual processors.</summary>
    public long Count => Machine.Configuration.ProcessorCount;

    /// <summary>Whether the guest finds AMD-V or VT-x.</summary>
    public bool ExposeVirtualizationExtensions => Machine.Configuration.ExposeVirtualizationExtensions;

    /// <summary>An extension: processor features hidden from the guest.</summary>
    public string[] MaskedFeatures => [.. Machine.Configuration.MaskedProcessorFeatures];

    /// <summary>Always false.</summary>
    public bool CompatibilityForMigrationEnabled => false;

    /// <summary>Always false.</summary>
    public bool CompatibilityForOlderOperatingSystemsEnabled => false;

    /// <summary>Always 1: the guest sees one thread a core.</summary>
    public long HwThreadCountPerCore => 1;

    /// <summary>Always 100: no limit, in percent.</summary>
    public long Maximum => 100;

    /// <summary>Always 0: nothing is reserved.</summary>
    public long Reserve => 0;

    /// <summary>Always 100: all machines weigh the same.</summary>
    public int RelativeWeight => 100;

    /// <summary>Number of virtual processors: there is one NUMA node.</summary>
    public long MaximumCountPerNumaNode => Count;

    /// <summary>Always 1: there is one NUMA node.</summary>
    public long MaximumCountPerNumaSocket => 1;

    /// <summary>Always false.</summary>
    public bool EnableHostResourceProtection => false;

    /// <summary>Always the pool that Hyper-V has from the beginning; there are no others.</summary>
    public string ResourcePoolName => DefaultPool;

    /// <summary>Always false: the guest's processor has no performance counters.</summary>
    public bool EnablePerfmonPmu => false;

    /// <summary>Always false: the guest's processor does not record branches.</summary>
    public bool EnablePerfmonLbr => false;

    /// <summary>Always false: the guest's processor does not sample events.</summary>
    public bool EnablePerfmonPebs => false;

    /// <summary>Always false: the guest's processor does not trace.</summary>
    public bool EnablePerfmonIpt => false;

    /// <summary>Always false: the guest chooses the mode of its APIC.</summary>
    public bool EnableLegacyApicMode => false;

    /// <summary>Always false: the guest's processor has no frequency counters.</summary>
    public bool AllowACountMCount => false;
}
