using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Set-VHD: changes what a virtual hard disk file says of itself.</summary>
/// <remarks>
/// A disk gets a new identifier, or a VHDX disk another size of physical sectors. Chains of differencing disks are not supported. No machine that has
/// the disk may run or be saved.
/// </remarks>
/// <example>
/// Gives a copy of a disk an identifier of its own.
/// <code>Set-VHD -Path data.vhdx -ResetDiskIdentifier -Force</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VHD", DefaultParameterSetName = ParentSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualHardDisk))]
public sealed class SetVhd : VhdCmdlet
{
    private const string ParentSet = "Parent";
    private const string IdentifierSet = "DiskIdentifier";
    private const string SectorSet = "PhysicalSectorSize";
    private const string NoParents = "differencing disks are not supported.";

    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    public string? Path { get; set; }

    /// <summary>Not supported: the parent of a differencing disk.</summary>
    [Parameter(ParameterSetName = ParentSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoParents)]
    public string? ParentPath { get; set; }

    /// <summary>Not supported: the last disk of a chain.</summary>
    [Parameter(ParameterSetName = ParentSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoParents)]
    public string? LeafPath { get; set; }

    /// <summary>Not supported: whether the parent may be another disk.</summary>
    [Parameter(ParameterSetName = ParentSet)]
    [Unsupported(NoParents, Except = false)]
    public SwitchParameter IgnoreIdMismatch { get; set; }

    /// <summary>Gives the disk a new identifier.</summary>
    [Parameter(ParameterSetName = IdentifierSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public SwitchParameter ResetDiskIdentifier { get; set; }

    /// <summary>Does not ask.</summary>
    [Parameter(ParameterSetName = IdentifierSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>Bytes of a physical sector that a VHDX disk reports.</summary>
    [Parameter(ParameterSetName = SectorSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ValidateSet("512", "4096")]
    public uint PhysicalSectorSizeBytes { get; set; }

    /// <summary>Writes the disk.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (ParameterSetName == IdentifierSet && !ResetDiskIdentifier)
        {
            throw ApiException.InvalidArgument("-ResetDiskIdentifier is false, and nothing else is to be changed.");
        }

        string file = FullPath(Path!);
        if (!Confirmed("configure", file) || (ParameterSetName == IdentifierSet && !Force && !ShouldContinue(
            $"What refers to the disk \"{file}\" by its identifier will not find it any more. Are you sure you want to reset it?", "Confirm", ref _yesToAll, ref _noToAll)))
        {
            return;
        }

        ChangeDiskFileRequest request = new()
        {
            Path = file,
            ResetDiskIdentifier = ParameterSetName == IdentifierSet,
            PhysicalSectorSizeBytes = ParameterSetName == SectorSet ? (int)PhysicalSectorSizeBytes : null,
        };
        DiskFileInfo disk = Await(Client.ChangeDiskFileAsync(request, Cancellation));
        if (Passthru)
        {
            WriteObject(new VirtualHardDisk(disk));
        }
    }
}
