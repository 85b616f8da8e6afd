namespace Microsoft.HyperV.PowerShell;

/// <summary>A part of a virtual machine.</summary>
public abstract class VMComponentObject : VirtualizationObject
{
    private protected VMComponentObject(VirtualMachine machine) => Machine = machine;

    /// <summary>Name of the part.</summary>
    public abstract string Name { get; }

    /// <summary>Identifier of the part.</summary>
    public string Id => $"{VMId:D}/{Name}";

    /// <summary>Identifier of the virtual machine.</summary>
    public Guid VMId => Machine.Id;

    /// <summary>Name of the virtual machine.</summary>
    public string VMName => Machine.Name;

    /// <summary>Always empty: there are no checkpoints.</summary>
    public Guid VMSnapshotId => Guid.Empty;

    /// <summary>Always empty: there are no checkpoints.</summary>
    public string VMSnapshotName => "";

    /// <inheritdoc/>
    public override bool IsDeleted => Machine.IsDeleted;

    internal VirtualMachine Machine { get; }
}
