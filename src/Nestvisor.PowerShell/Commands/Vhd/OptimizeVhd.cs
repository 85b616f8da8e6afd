using System.Management.Automation;
using Nestvisor.Api.Disks;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Optimize-VHD: makes the files of dynamic virtual hard disks smaller by giving back blocks that are not used.</summary>
/// <remarks>
/// Quick gives back what the guest has discarded, Full also blocks that hold only zeros. Retrim needs a disk that is attached read-only, which is not
/// supported. No machine that has the disk may run or be saved.
/// </remarks>
/// <example>
/// Gives back blocks of zeros, too.
/// <code>Optimize-VHD -Path data.vhdx -Mode Full</code>
/// </example>
[Cmdlet(VerbsCommon.Optimize, "VHD", SupportsShouldProcess = true)]
[OutputType(typeof(VirtualHardDisk))]
public sealed class OptimizeVhd : VhdJobCmdlet
{
    /// <summary>Files; wildcards work.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>How thoroughly; Full for VHD and Quick for VHDX if not given. Retrim is not supported.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public VhdCompactMode Mode { get; set; }

    /// <summary>Writes the disk.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    private DiskFileCompaction Compaction => !MyInvocation.BoundParameters.ContainsKey(nameof(Mode)) ? DiskFileCompaction.Default : Mode switch
    {
        VhdCompactMode.Full => DiskFileCompaction.Full,
        VhdCompactMode.Quick => DiskFileCompaction.Quick,
        VhdCompactMode.Pretrimmed => DiskFileCompaction.Pretrimmed,
        VhdCompactMode.Prezeroed => DiskFileCompaction.Prezeroed,
        _ => DiskFileCompaction.Retrim,
    };

    /// <inheritdoc/>
    private protected override void Process() => ForEachFile(Path!, file =>
    {
        if (Confirmed("optimize", file))
        {
            WorkOrLeave(file, Optimize);
        }
    });

    private void Optimize(string file)
    {
        OptimizeDiskFileRequest request = new() { Path = file, Mode = Compaction };
        DiskFileInfo disk = WithProgress("Compacting the virtual hard disk", file, progress => Client.OptimizeDiskFileAsync(request, progress, Cancellation));
        if (Passthru)
        {
            WriteObject(new VirtualHardDisk(disk));
        }
    }
}
