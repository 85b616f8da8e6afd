using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Microsoft.Virtualization.Client.Management;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Convert-VHD: copies a virtual hard disk into a file of another format, type or block size.</summary>
/// <remarks>
/// The extension of the destination fixes its format: .vhdx, .vhd, anything else is raw. The disk stays as it is, unless -DeleteSource is given. If the
/// command is stopped, nothing is left of the copy.
/// </remarks>
/// <example>
/// Makes a dynamic VHDX disk of a raw one.
/// <code>Convert-VHD -Path data.img -DestinationPath copy.vhdx -VHDType Dynamic</code>
/// </example>
[Cmdlet(VerbsData.Convert, "VHD", SupportsShouldProcess = true)]
[OutputType(typeof(VirtualHardDisk))]
public sealed class ConvertVhd : VhdCmdlet
{
    /// <summary>The disk.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    public string? Path { get; set; }

    /// <summary>The copy; its extension fixes the format.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DestinationPath { get; set; }

    /// <summary>Type of the copy; the disk's own, or Fixed if the copy is raw, if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public VhdType VHDType { get; set; }

    /// <summary>Bytes of a block of the copy; the format's default if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public uint BlockSizeBytes { get; set; }

    /// <summary>Not supported: the parent of a differencing disk.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported("differencing disks are not supported.")]
    public string? ParentPath { get; set; }

    /// <summary>None; persistent memory is not supported.</summary>
    [Parameter]
    [Unsupported("there is no persistent memory.", Except = VirtualHardDiskPmemAddressAbstractionType.None)]
    public VirtualHardDiskPmemAddressAbstractionType AddressAbstractionType { get; set; }

    /// <summary>Removes the disk after it has been copied.</summary>
    [Parameter]
    public SwitchParameter DeleteSource { get; set; }

    /// <summary>Writes the copy.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>Writes a job and works in the background.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private DiskFileType? GivenType => !MyInvocation.BoundParameters.ContainsKey(nameof(VHDType)) ? null : VHDType switch
    {
        VhdType.Fixed => DiskFileType.Fixed,
        VhdType.Dynamic => DiskFileType.Dynamic,
        VhdType.Differencing => DiskFileType.Differencing,
        _ => throw ApiException.InvalidArgument($"{VHDType} is not a type that a disk can get. It is Fixed or Dynamic."),
    };

    /// <inheritdoc/>
    private protected override void Process()
    {
        ConvertDiskFileRequest request = new()
        {
            Path = FullPath(Path!),
            DestinationPath = FullPath(DestinationPath!),
            Type = GivenType,
            BlockSizeBytes = MyInvocation.BoundParameters.ContainsKey(nameof(BlockSizeBytes)) ? BlockSizeBytes : null,
            DeleteSource = DeleteSource,
        };
        if (!Confirmed($"convert to \"{request.DestinationPath}\"", request.Path))
        {
            return;
        }

        if (AsJob)
        {
            Dictionary<string, object> parameters = CommandJob.ParametersOf(this, ParameterSetName);
            parameters[nameof(Path)] = request.Path;
            parameters[nameof(DestinationPath)] = request.DestinationPath;
            WriteObject(CommandJob.Start(this, parameters));
            return;
        }

        DiskFileInfo disk = WithProgress("Converting the virtual hard disk", request.Path, progress => Client.ConvertDiskFileAsync(request, progress, Cancellation));
        if (Passthru)
        {
            WriteObject(new VirtualHardDisk(disk));
        }
    }
}
