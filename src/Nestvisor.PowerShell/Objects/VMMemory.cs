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

    /// <summary>Least bytes of dynamic memory, of which there is none.</summary>
    public long Minimum => Machine.MemoryMinimum;

    /// <summary>Most bytes of dynamic memory, of which there is none.</summary>
    public long Maximum => Machine.MemoryMaximum;

    /// <summary>Always false.</summary>
    public bool DynamicMemoryEnabled => false;

    /// <summary>Percent that dynamic memory would hold ready.</summary>
    public int Buffer => Machine.Configuration.MemoryBuffer;

    /// <summary>Priority among machines with dynamic memory.</summary>
    public int Priority => Machine.Configuration.MemoryPriority;

    /// <summary>Bytes at the start: there is one NUMA node.</summary>
    public long MaximumPerNumaNode => Startup;

    /// <summary>Always the pool that Hyper-V has from the beginning; there are no others.</summary>
    public string ResourcePoolName => DefaultPool;
}
