namespace Microsoft.HyperV.PowerShell;

/// <summary>The memory of a virtual machine.</summary>
public sealed class VMMemory : VMComponentObject
{
    internal VMMemory(VirtualMachine machine)
        : base(machine)
    {
    }

    /// <inheritdoc/>
    public override string Name => "Memory";

    /// <summary>Bytes at the start, which is all there is.</summary>
    public long Startup => Machine.Configuration.MemoryStartupBytes;

    /// <summary>Bytes at least: those at the start.</summary>
    public long Minimum => Startup;

    /// <summary>Bytes at most: those at the start.</summary>
    public long Maximum => Startup;

    /// <summary>Always false.</summary>
    public bool DynamicMemoryEnabled => false;

    /// <summary>Always 20, Hyper-V's default; it means nothing without dynamic memory.</summary>
    public int Buffer => 20;

    /// <summary>Always 50, Hyper-V's default; it means nothing without dynamic memory.</summary>
    public int Priority => 50;

    /// <summary>Bytes at the start: there is one NUMA node.</summary>
    public long MaximumPerNumaNode => Startup;

    /// <summary>Always the pool that Hyper-V has from the beginning; there are no others.</summary>
    public string ResourcePoolName => DefaultPool;
}
