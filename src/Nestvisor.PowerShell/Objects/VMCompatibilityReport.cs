using Microsoft.HyperV.PowerShell.Session;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell;

/// <summary>
/// An exported virtual machine beside this host. It can be mended by changing <see cref="VM"/> with the commands for virtual machines, and
/// then be imported.
/// </summary>
public sealed class VMCompatibilityReport
{
    internal VMCompatibilityReport(ServiceSession session, ImportReport report)
    {
        VM = new VirtualMachine(session, report.Machine);
        Path = report.Request.Path;
        VhdDestinationPath = report.Request.VhdDestinationPath ?? "";
        VhdSourcePath = report.Request.VhdSourcePath ?? "";
        Incompatibilities = [.. report.Issues.Select(issue => new VMCompatibilityError(VM, issue))];
    }

    /// <summary>The planned virtual machine.</summary>
    public VirtualMachine VM { get; }

    /// <summary>Always ImportVirtualMachine.</summary>
    public OperationType OperationType => OperationType.ImportVirtualMachine;

    /// <summary>This computer.</summary>
    public string Destination => Environment.MachineName;

    /// <summary>The exported configuration.</summary>
    public string Path { get; }

    /// <summary>Always empty: there are no checkpoints.</summary>
    public string SnapshotPath => "";

    /// <summary>Folder for the copies of virtual hard disks; empty for the host's, or if nothing is copied.</summary>
    public string VhdDestinationPath { get; }

    /// <summary>Folder to copy the virtual hard disks from; empty for where the configuration says they are.</summary>
    public string VhdSourcePath { get; }

    /// <summary>What kept the virtual machine from being imported when the report was made.</summary>
    public VMCompatibilityError[] Incompatibilities { get; }
}
