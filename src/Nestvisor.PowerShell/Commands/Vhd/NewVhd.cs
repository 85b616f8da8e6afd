using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Microsoft.Virtualization.Client.Management;
using Nestvisor.Api.Disks;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>New-VHD: makes virtual hard disk files.</summary>
/// <remarks>
/// The extension fixes the format: .vhdx, .vhd, anything else is a raw disk, which is always fixed. A dynamic disk, the default, grows as it is
/// written to. A VHDX disk has 3 MB to 64 TB, a VHD disk to 2040 GB. If the command is stopped, nothing is left of the file.
/// </remarks>
/// <example>
/// Makes a dynamic disk of 40 GB.
/// <code>New-VHD -Path data.vhdx -SizeBytes 40GB</code>
/// </example>
[Cmdlet(VerbsCommon.New, "VHD", DefaultParameterSetName = DynamicSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualHardDisk))]
public sealed class NewVhd : VhdJobCmdlet
{
    private const string DynamicSet = "DynamicWithoutSource";
    private const string FixedSet = "FixedWithoutSource";
    private const string DifferencingSet = "Differencing";
    private const string DynamicCopySet = "DynamicWithSource";
    private const string FixedCopySet = "FixedWithSource";
    private const string NoParents = "differencing disks are not supported.";

    /// <summary>The files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>Bytes of the disk: 3 MB to 64 TB, to 2040 GB for VHD.</summary>
    [Parameter(ParameterSetName = DynamicSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = FixedSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = DifferencingSet, Position = 2)]
    [ValidateNotNullOrEmpty]
    public ulong SizeBytes { get; set; }

    /// <summary>Makes disks that grow as they are written to, which is the default.</summary>
    [Parameter(ParameterSetName = DynamicSet)]
    [Parameter(ParameterSetName = DynamicCopySet, Mandatory = true)]
    public SwitchParameter Dynamic { get; set; }

    /// <summary>Makes disks that have all of their storage from the beginning.</summary>
    [Parameter(ParameterSetName = FixedSet, Mandatory = true)]
    [Parameter(ParameterSetName = FixedCopySet, Mandatory = true)]
    public SwitchParameter Fixed { get; set; }

    /// <summary>Not supported: disks that hold what differs from a parent.</summary>
    [Parameter(ParameterSetName = DifferencingSet)]
    [Unsupported(NoParents)]
    public SwitchParameter Differencing { get; set; }

    /// <summary>Not supported: the parent of a differencing disk.</summary>
    [Parameter(ParameterSetName = DifferencingSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoParents)]
    public string? ParentPath { get; set; }

    /// <summary>Not supported: a physical disk to copy.</summary>
    [Parameter(ParameterSetName = DynamicCopySet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = FixedCopySet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("Number")]
    [Unsupported("physical disks cannot be copied. Copy one into a raw file, and convert that with Convert-VHD.")]
    public uint SourceDisk { get; set; }

    /// <summary>Bytes of a block: for VHDX a power of two from 1 MB to 256 MB, for dynamic VHD 512 KB or 2 MB; 32 MB and 2 MB if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public uint BlockSizeBytes { get; set; }

    /// <summary>Bytes of a logical sector; 512 if not given, 4096 in VHDX only.</summary>
    [Parameter(ParameterSetName = DynamicSet)]
    [Parameter(ParameterSetName = FixedSet)]
    [ValidateNotNullOrEmpty]
    [ValidateSet("512", "4096")]
    public uint LogicalSectorSizeBytes { get; set; }

    /// <summary>Bytes of a physical sector; 4096 in VHDX and 512 in others if not given.</summary>
    [Parameter(ParameterSetName = DynamicSet)]
    [Parameter(ParameterSetName = FixedSet)]
    [Parameter(ParameterSetName = DifferencingSet)]
    [ValidateNotNullOrEmpty]
    [ValidateSet("512", "4096")]
    public uint PhysicalSectorSizeBytes { get; set; }

    /// <summary>0; another alignment is not supported.</summary>
    [Parameter(ParameterSetName = FixedSet)]
    [ValidateSet("0", "1GB", "1073741824")]
    [Unsupported("the alignment of the disk's content in the file is that of the format.", Except = 0)]
    public ulong DataAlignmentBytes { get; set; }

    /// <summary>None; persistent memory is not supported.</summary>
    [Parameter(ParameterSetName = FixedSet)]
    [ValidateSet("None", "BTT")]
    [Unsupported("there is no persistent memory.", Except = VirtualHardDiskPmemAddressAbstractionType.None)]
    public VirtualHardDiskPmemAddressAbstractionType AddressAbstractionType { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (string path in Path!)
        {
            Guarded(
                () =>
                {
                    string file = FullPath(path);
                    if (Confirmed("create", file))
                    {
                        WorkOrLeave(file, Create);
                    }
                },
                target: path);
        }
    }

    private void Create(string file)
    {
        CreateDiskFileRequest request = new()
        {
            Path = file,
            SizeBytes = VhdSize.ToLong(SizeBytes),
            Type = Fixed ? DiskFileType.Fixed : DiskFileType.Dynamic,
            BlockSizeBytes = IsGiven(nameof(BlockSizeBytes)) ? BlockSizeBytes : null,
            LogicalSectorSizeBytes = IsGiven(nameof(LogicalSectorSizeBytes)) ? (int)LogicalSectorSizeBytes : null,
            PhysicalSectorSizeBytes = IsGiven(nameof(PhysicalSectorSizeBytes)) ? (int)PhysicalSectorSizeBytes : null,
        };
        WriteObject(new VirtualHardDisk(WithProgress(
            "Creating the virtual hard disk", file, progress => Client.CreateDiskFileAsync(request, progress, Cancellation))));
    }

    private bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
