using System.Globalization;
using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Microsoft.Vhd.PowerShell.Cmdlets;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>New-VM: creates a virtual machine.</summary>
/// <remarks>
/// The machine is off, has one processor and a network adapter, and boots nothing until Set-VMFirmware gives it a kernel. Names need not be unique.
/// </remarks>
/// <example>
/// Creates a machine with 1 GB of memory.
/// <code>New-VM -Name L2 -MemoryStartupBytes 1GB -Generation 2</code>
/// </example>
[Cmdlet(VerbsCommon.New, "VM", DefaultParameterSetName = NoDiskSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class NewVM : VirtualizationCmdlet
{
    private const string NoDiskSet = "No VHD";
    private const string NewDiskSet = "New VHD";
    private const string DiskSet = "Existing VHD";

    /// <summary>Name; need not be unique.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    public string? Name { get; set; }

    /// <summary>Bytes of memory; 512 MB if not given.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public long? MemoryStartupBytes { get; set; }

    /// <summary>Generation, 1 or 2; 1 if not given.</summary>
    [Parameter(Position = 2)]
    [ValidateNotNullOrEmpty]
    [ValidateSet("1", "2")]
    public short? Generation { get; set; }

    /// <summary>Not supported: the first device to boot from.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported("a virtual machine boots the kernel that Set-VMFirmware -KernelPath gives it.")]
    public BootDevice? BootDevice { get; set; }

    /// <summary>Creates the machine without a disk.</summary>
    [Parameter(ParameterSetName = NoDiskSet)]
    public SwitchParameter NoVHD { get; set; }

    /// <summary>Name of the switch to connect the network adapter to; to none if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SwitchName { get; set; }

    /// <summary>A new disk's file; a name without a folder means one in the host's folder for disks.</summary>
    [Parameter(ParameterSetName = NewDiskSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? NewVHDPath { get; set; }

    /// <summary>Bytes of the new disk.</summary>
    [Parameter(ParameterSetName = NewDiskSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public ulong NewVHDSizeBytes { get; set; }

    /// <summary>A disk's file, which is attached.</summary>
    [Parameter(ParameterSetName = DiskSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? VHDPath { get; set; }

    /// <summary>Folder in which the machine gets a folder with its name for its configuration; the service's own if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Configuration version; the newest if not given. Get-VMHostSupportedVersion lists them.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(VersionCompleter))]
    public Version? Version { get; set; }

    /// <summary>Not supported: the prerelease configuration version.</summary>
    [Parameter]
    [Unsupported("there is no prerelease configuration version.", Except = false)]
    public SwitchParameter Prerelease { get; set; }

    /// <summary>Not supported: the experimental configuration version.</summary>
    [Parameter]
    [Unsupported("there is no experimental configuration version.", Except = false)]
    public SwitchParameter Experimental { get; set; }

    /// <summary>An extension: the engine; Auto if not given.</summary>
    [Parameter]
    public VMEngine? Engine { get; set; }

    /// <summary>Asks nothing.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc cref="MachineJobCmdlet.AsJob"/>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        CreateMachineRequest request = new()
        {
            Name = Name,
            MemoryStartupBytes = MemoryStartupBytes,
            Generation = Generation,
            Version = Version is null ? null : string.Create(CultureInfo.InvariantCulture, $"{Version.Major}.{Version.Minor}"),
            Engine = Convert.FromEngine(Engine),
            SwitchId = SwitchName is null ? null : SwitchFinder.Find(Await(Client.GetSwitchesAsync(Cancellation)), SwitchName).Id,
            DiskPath = VHDPath is null ? null : FullPath(VHDPath),
            Path = Path is null ? null : FullPath(Path),
            NewDiskPath = NewVHDPath is null || PathResolver.IsBareName(NewVHDPath) ? NewVHDPath : FullPath(NewVHDPath),
            NewDiskSizeBytes = NewVHDPath is null ? null : VhdSize.ToLong(NewVHDSizeBytes),
        };
        string description = $"New-VM will create a new virtual machine \"{Name ?? "New Virtual Machine"}\".";
        if (ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm"))
        {
            if (AsJob)
            {
                StartJob(request);
                return;
            }

            Session.Touch();
            WriteObject(new VirtualMachine(Session, Await(Client.CreateMachineAsync(request, Cancellation))));
        }
    }

    // Drives of the session mean nothing to a job, so it gets absolute paths.
    private void StartJob(CreateMachineRequest request)
    {
        Dictionary<string, object> parameters = CommandJob.ParametersOf(this, ParameterSetName);
        if (request.DiskPath is not null)
        {
            parameters[nameof(VHDPath)] = request.DiskPath;
        }

        if (request.NewDiskPath is not null)
        {
            parameters[nameof(NewVHDPath)] = request.NewDiskPath;
        }

        WriteObject(CommandJob.Start(this, parameters));
    }
}
