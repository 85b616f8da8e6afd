using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell;

/// <summary>What all of Hyper-V's objects have.</summary>
public abstract class VirtualizationObject
{
    private protected const string DefaultPool = "Primordial";

    /// <summary>Always null: Nestvisor's commands work on this computer.</summary>
    public CimSession? CimSession => null;

    /// <summary>The computer.</summary>
    public string ComputerName => Environment.MachineName;

    /// <summary>Whether the object has been removed.</summary>
    public virtual bool IsDeleted => false;
}
