using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Import-VM: takes an exported virtual machine in, where it is or as a copy.</summary>
/// <remarks>
/// Without -Copy the files are used where they are, and the machine keeps its identifier, which no other may have. With -Copy nothing is
/// overwritten, and -GenerateNewId gives the copy an identifier of its own. What keeps a machine from being imported is listed in the error;
/// Compare-VM writes a report of it that can be mended.
/// </remarks>
/// <example>
/// Makes another machine of an exported one.
/// <code>Import-VM 'exported/L1/Virtual Machines/5AE40946-3A98-428E-8C83-081A3C6BD18C.vmcx' -Copy -GenerateNewId</code>
/// </example>
[Cmdlet(VerbsData.Import, "VM", DefaultParameterSetName = RegisterSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class ImportVM : VirtualizationCmdlet
{
    private const string RegisterSet = "Register";
    private const string CopySet = "Copy";
    private const string ReportSet = "CompatibilityReport";

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = RegisterSet)]
    [Parameter(ParameterSetName = CopySet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = RegisterSet)]
    [Parameter(ParameterSetName = CopySet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = RegisterSet)]
    [Parameter(ParameterSetName = CopySet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>What Compare-VM wrote, perhaps mended meanwhile.</summary>
    [Parameter(ParameterSetName = ReportSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMCompatibilityReport? CompatibilityReport { get; set; }

    /// <summary>The exported configuration, a file that ends in .vmcx.</summary>
    [Parameter(ParameterSetName = RegisterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = CopySet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Uses the files where they are, as is done without -Copy.</summary>
    [Parameter(ParameterSetName = RegisterSet)]
    public SwitchParameter Register { get; set; }

    /// <summary>Copies the files.</summary>
    [Parameter(ParameterSetName = CopySet, Mandatory = true)]
    public SwitchParameter Copy { get; set; }

    /// <summary>Folder for the copies of virtual hard disks; the host's if not given.</summary>
    [Parameter(ParameterSetName = CopySet, Position = 1)]
    public string? VhdDestinationPath { get; set; }

    /// <summary>Folder for the copy's configuration; the service's own if not given.</summary>
    [Parameter(ParameterSetName = CopySet)]
    public string? VirtualMachinePath { get; set; }

    /// <summary>The same as -VirtualMachinePath; checkpoints are not supported.</summary>
    [Parameter(ParameterSetName = CopySet)]
    [Alias("CheckpointFileLocation", "SnapshotFileLocation")]
    public string? SnapshotFilePath { get; set; }

    /// <summary>The same as -VirtualMachinePath; there is no smart paging.</summary>
    [Parameter(ParameterSetName = CopySet)]
    public string? SmartPagingFilePath { get; set; }

    /// <summary>Folder to copy the virtual hard disks from, by their names; where the configuration says they are if not given.</summary>
    [Parameter(ParameterSetName = CopySet)]
    public string? VhdSourcePath { get; set; }

    /// <summary>The copy gets an identifier of its own.</summary>
    [Parameter(ParameterSetName = CopySet)]
    public SwitchParameter GenerateNewId { get; set; }

    /// <inheritdoc cref="MachineJobCmdlet.AsJob"/>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        string what = CompatibilityReport is { } given ? given.Path : Path;
        string description = $"Import-VM will import the virtual machine \"{what}\".";
        if (!ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm"))
        {
            return;
        }

        if (AsJob)
        {
            WriteObject(CommandJob.Start(this, CommandJob.ParametersOf(this, ParameterSetName)));
            return;
        }

        Guid transfer = Guid.NewGuid();
        Task<MachineInfo> work = CompatibilityReport is { } report
            ? Client.ImportPlanAsync(report.VM.Id, transfer, Cancellation)
            : Client.ImportMachineAsync(Request() with { Transfer = transfer }, Cancellation);
        MachineInfo machine = TransferProgress.Await(this, $"Importing '{what}'", Client, transfer, work);
        Session.Touch();
        WriteObject(new VirtualMachine(Session, machine));
    }

    private ImportMachineRequest Request() => Copy
        ? ImportRequests.Copy(FullPath, Path, VirtualMachinePath, SnapshotFilePath, SmartPagingFilePath, VhdDestinationPath, VhdSourcePath, GenerateNewId)
        : new ImportMachineRequest { Path = FullPath(Path) };
}
