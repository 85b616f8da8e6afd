using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Machines;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Get-VHD: describes virtual hard disk files, given by path or by the virtual machines that have them.</summary>
/// <remarks>
/// MinimumSize is the smallest size that keeps all partitions; it is empty if the disk has no partition table or is attached. VhdFormat is Unknown
/// for a raw file.
/// </remarks>
/// <example>
/// Shows the disks of L1.
/// <code>Get-VMHardDiskDrive L1 | Get-VHD</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VHD", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VirtualHardDisk))]
public sealed class GetVHD : VhdCmdlet
{
    private const string PathSet = "Path";

    /// <summary>Files; wildcards work.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>Not supported: disks that are attached to the host.</summary>
    [Parameter(ParameterSetName = "Disk", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("Number")]
    [Unsupported("virtual hard disks cannot be attached to this computer, so that none has a number.")]
    public uint DiskNumber { get; set; }

    /// <summary>Identifiers of virtual machines.</summary>
    [Parameter(ParameterSetName = "VMId", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("Id")]
    public Guid[]? VMId { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        ForEachFile(Path ?? [], Write);
        foreach (Guid id in VMId ?? [])
        {
            Guarded(() => WriteDisks(id), target: id);
        }
    }

    private void WriteDisks(Guid id)
    {
        foreach (DiskConfiguration disk in Await(Client.GetMachineAsync(id, Cancellation)).Configuration.Disks)
        {
            Guarded(() => Write(disk.Path), target: disk.Path);
        }
    }

    private void Write(string file) => WriteObject(new VirtualHardDisk(Await(Client.GetDiskFileAsync(file, Cancellation))));
}
