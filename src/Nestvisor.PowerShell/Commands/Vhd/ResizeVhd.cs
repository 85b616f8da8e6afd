using System.Management.Automation;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Resize-VHD: changes the size of virtual hard disks.</summary>
/// <remarks>
/// VHDX and raw disks grow and shrink, VHD disks grow. A disk does not shrink below its MinimumSize; without a partition table only what is all zeros
/// is cut off. No machine that has the disk may run or be saved. The guest has to make its partitions larger or smaller itself.
/// </remarks>
/// <example>
/// Makes a disk larger.
/// <code>Resize-VHD -Path data.vhdx -SizeBytes 60GB</code>
/// </example>
[Cmdlet(VerbsCommon.Resize, "VHD", DefaultParameterSetName = SizeSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualHardDisk))]
public sealed class ResizeVhd : VhdJobCmdlet
{
    private const string SizeSet = "Size";

    /// <summary>Files; wildcards work.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>Bytes of the disk.</summary>
    [Parameter(ParameterSetName = SizeSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public ulong SizeBytes { get; set; }

    /// <summary>Takes the smallest size that keeps all partitions.</summary>
    [Parameter(ParameterSetName = "MinimumSize", Mandatory = true)]
    public SwitchParameter ToMinimumSize { get; set; }

    /// <summary>Writes the disk.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (ParameterSetName != SizeSet && !ToMinimumSize)
        {
            throw ApiException.InvalidArgument("-ToMinimumSize is false, and no size is given.");
        }

        ForEachFile(Path!, file =>
        {
            if (Confirmed("resize", file))
            {
                WorkOrLeave(file, Resize);
            }
        });
    }

    private void Resize(string file)
    {
        ResizeDiskFileRequest request = new() { Path = file, SizeBytes = ParameterSetName == SizeSet ? VhdSize.ToLong(SizeBytes) : null };
        DiskFileInfo disk = WithProgress("Resizing the virtual hard disk", file, progress => Client.ResizeDiskFileAsync(request, progress, Cancellation));
        if (Passthru)
        {
            WriteObject(new VirtualHardDisk(disk));
        }
    }
}
