using System.Collections;
using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Compare-VM: tells what keeps an exported virtual machine from being imported.</summary>
/// <remarks>
/// The report's VM is a planned machine: what is changed of it with the commands for virtual machines mends the report, and Import-VM
/// -CompatibilityReport imports it. A report is good for one import and for an hour. Moves between hosts are not supported.
/// </remarks>
/// <example>
/// Looks at an exported machine, detaches disks that are missing, and imports it.
/// <code>
/// $report = Compare-VM -Path 'exported/L1/Virtual Machines/5AE40946-3A98-428E-8C83-081A3C6BD18C.vmcx' -Copy -GenerateNewId -VhdDestinationPath copies
/// $report.Incompatibilities | Where-Object MessageId -eq 4 | ForEach-Object { Remove-VMHardDiskDrive $_.Source }
/// Import-VM -CompatibilityReport $report
/// </code>
/// </example>
[Cmdlet(VerbsData.Compare, "VM", DefaultParameterSetName = NameSingleDestinationSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMCompatibilityReport))]
public sealed class CompareVM : VirtualizationCmdlet
{
    private const string NameSingleDestinationSet = "NameSingleDestination";
    private const string NameSingleDestinationAndCimSessionSet = "NameSingleDestinationAndCimSession";
    private const string NameMultipleDestinationsSet = "NameMultipleDestinations";
    private const string NameMultipleDestinationsAndCimSessionSet = "NameMultipleDestinationsAndCimSession";
    private const string VMSingleDestinationSet = "VMSingleDestination";
    private const string VMSingleDestinationAndCimSessionSet = "VMSingleDestinationAndCimSession";
    private const string VMMultipleDestinationsSet = "VMMultipleDestinations";
    private const string VMMultipleDestinationsAndCimSessionSet = "VMMultipleDestinationsAndCimSession";
    private const string RegisterSet = "Register";
    private const string CopySet = "Copy";
    private const string CompatibilityReportSet = "CompatibilityReport";
    private const string NoMoves = "virtual machines do not move between hosts. Export the virtual machine and import it there.";

    /// <inheritdoc cref="MachineJobCmdlet.AsJob"/>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = CopySet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet)]
    [Parameter(ParameterSetName = RegisterSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>A report to make anew, after it has been mended.</summary>
    [Parameter(ParameterSetName = CompatibilityReportSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMCompatibilityReport? CompatibilityReport { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = CopySet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = RegisterSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Asks for the import of a copy.</summary>
    [Parameter(ParameterSetName = CopySet, Mandatory = true)]
    public SwitchParameter Copy { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = CopySet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = RegisterSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Not supported: the host to move to.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = VMSingleDestinationAndCimSessionSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public CimSession? DestinationCimSession { get; set; }

    /// <summary>Not supported: credentials for the host to move to.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMSingleDestinationSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoMoves)]
    public PSCredential? DestinationCredential { get; set; }

    /// <summary>Not supported: the host to move to.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = NameSingleDestinationSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = VMSingleDestinationSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DestinationHost { get; set; }

    /// <summary>Not supported: where to move storage to.</summary>
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet)]
    [Parameter(ParameterSetName = VMSingleDestinationSet)]
    [Parameter(ParameterSetName = VMSingleDestinationAndCimSessionSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoMoves)]
    public string? DestinationStoragePath { get; set; }

    /// <inheritdoc cref="ImportVM.GenerateNewId"/>
    [Parameter(ParameterSetName = CopySet)]
    public SwitchParameter GenerateNewId { get; set; }

    /// <summary>Not supported: moves storage.</summary>
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet)]
    [Parameter(ParameterSetName = VMSingleDestinationSet)]
    [Parameter(ParameterSetName = VMSingleDestinationAndCimSessionSet)]
    [Unsupported(NoMoves)]
    public SwitchParameter IncludeStorage { get; set; }

    /// <summary>Name of the virtual machine to move, which is not supported.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = NameSingleDestinationSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string? Name { get; set; }

    /// <summary>The exported configuration, a file that ends in .vmcx.</summary>
    [Parameter(ParameterSetName = CopySet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = RegisterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Asks for an import in place, as is done without -Copy.</summary>
    [Parameter(ParameterSetName = RegisterSet)]
    public SwitchParameter Register { get; set; }

    /// <summary>Not supported: a resource pool.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = VMSingleDestinationSet)]
    [Parameter(ParameterSetName = VMSingleDestinationAndCimSessionSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported("there are no resource pools.")]
    public string? ResourcePoolName { get; set; }

    /// <summary>Not supported: keeps disks that were moved.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = NameSingleDestinationSet)]
    [Parameter(ParameterSetName = NameSingleDestinationAndCimSessionSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = VMSingleDestinationSet)]
    [Parameter(ParameterSetName = VMSingleDestinationAndCimSessionSet)]
    [Unsupported(NoMoves)]
    public SwitchParameter RetainVhdCopiesOnSource { get; set; }

    /// <inheritdoc cref="ImportVM.SmartPagingFilePath"/>
    [Parameter(ParameterSetName = CopySet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet)]
    [ValidateNotNullOrEmpty]
    public string? SmartPagingFilePath { get; set; }

    /// <inheritdoc cref="ImportVM.SnapshotFilePath"/>
    [Parameter(ParameterSetName = CopySet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet)]
    [Alias("CheckpointFileLocation", "SnapshotFileLocation")]
    [ValidateNotNullOrEmpty]
    public string? SnapshotFilePath { get; set; }

    /// <summary>The virtual machine to move, which is not supported.</summary>
    [Parameter(ParameterSetName = VMMultipleDestinationsSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = VMSingleDestinationSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = VMSingleDestinationAndCimSessionSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine? VM { get; set; }

    /// <inheritdoc cref="ImportVM.VhdDestinationPath"/>
    [Parameter(ParameterSetName = CopySet, Position = 1)]
    public string? VhdDestinationPath { get; set; }

    /// <inheritdoc cref="ImportVM.VhdSourcePath"/>
    [Parameter(ParameterSetName = CopySet)]
    public string? VhdSourcePath { get; set; }

    /// <summary>Not supported: where to move each disk to.</summary>
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoMoves)]
    public Hashtable[]? Vhds { get; set; }

    /// <inheritdoc cref="ImportVM.VirtualMachinePath"/>
    [Parameter(ParameterSetName = CopySet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsSet)]
    [Parameter(ParameterSetName = NameMultipleDestinationsAndCimSessionSet, Mandatory = true)]
    [Parameter(ParameterSetName = VMMultipleDestinationsSet)]
    [Parameter(ParameterSetName = VMMultipleDestinationsAndCimSessionSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? VirtualMachinePath { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        string what = CompatibilityReport is { } given ? given.Path : Path ?? Name ?? VM?.Name ?? "";
        string description = $"Compare-VM will compare the virtual machine \"{what}\" with this host.";
        if (!ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm"))
        {
            return;
        }

        if (AsJob)
        {
            WriteObject(CommandJob.Start(this, CommandJob.ParametersOf(this, ParameterSetName)));
            return;
        }

        Task<ImportReport> work = ParameterSetName switch
        {
            CompatibilityReportSet => Client.GetPlanAsync(CompatibilityReport!.VM.Id, Cancellation),
            RegisterSet => Client.PlanImportAsync(new ImportMachineRequest { Path = FullPath(Path!) }, Cancellation),
            CopySet => Client.PlanImportAsync(
                ImportRequests.Copy(FullPath, Path!, VirtualMachinePath, SnapshotFilePath, SmartPagingFilePath, VhdDestinationPath, VhdSourcePath, GenerateNewId),
                Cancellation),
            _ => throw ApiException.NotSupported($"Compare-VM for a move is not supported: {NoMoves}"),
        };
        WriteObject(new VMCompatibilityReport(Session, Await(work)));
    }
}
