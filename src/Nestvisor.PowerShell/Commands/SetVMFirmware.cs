using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMFirmware: chooses what virtual machines boot.</summary>
/// <remarks>
/// A machine boots a Linux bzImage, an ELF image with a PVH entry or a multiboot kernel, which the host reads from a file. Kernel, initial
/// RAM disk and command line are extensions of Nestvisor's and work in both generations. The machine has to be off.
/// </remarks>
/// <example>
/// Lets L1 boot a Linux kernel that uses the console.
/// <code>Set-VMFirmware L1 -KernelPath vmlinuz -InitialRamDiskPath l1.cpio -KernelCommandLine 'console=ttyS0'</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMFirmware", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMFirmware))]
public sealed class SetVMFirmware : MachinePartCmdlet
{
    private const string PartSet = "VMFirmware";
    private const string NoFirmware = "there is no UEFI; a virtual machine boots the kernel that -KernelPath gives it.";

    /// <summary>Firmware of virtual machines.</summary>
    [Parameter(ParameterSetName = PartSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMFirmware[]? VMFirmware { get; set; }

    /// <summary>An extension: the kernel, a Linux bzImage or an ELF image; an empty string takes it away.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? KernelPath { get; set; }

    /// <summary>An extension: the initial RAM disk; an empty string takes it away.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? InitialRamDiskPath { get; set; }

    /// <summary>An extension: the kernel's command line.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? KernelCommandLine { get; set; }

    /// <summary>Off; secure boot is not supported.</summary>
    [Parameter]
    [Unsupported(NoFirmware, Except = OnOffState.Off)]
    public OnOffState? EnableSecureBoot { get; set; }

    /// <summary>Not supported: the order of devices to boot from.</summary>
    [Parameter]
    [Unsupported(NoFirmware)]
    public VMComponentObject[]? BootOrder { get; set; }

    /// <summary>Not supported: the first device to boot from.</summary>
    [Parameter]
    [Unsupported(NoFirmware)]
    public VMComponentObject? FirstBootDevice { get; set; }

    /// <summary>Not supported: the template of secure boot.</summary>
    [Parameter]
    [Unsupported(NoFirmware)]
    public string? SecureBootTemplate { get; set; }

    /// <summary>Not supported: the template of secure boot.</summary>
    [Parameter]
    [Unsupported(NoFirmware)]
    public Guid? SecureBootTemplateId { get; set; }

    /// <summary>Off; a pause is not supported.</summary>
    [Parameter]
    [Unsupported(NoFirmware, Except = OnOffState.Off)]
    public OnOffState? PauseAfterBootFailure { get; set; }

    /// <summary>Not supported: where the firmware shows its console.</summary>
    [Parameter]
    [Unsupported(NoFirmware)]
    public ConsoleModeType? ConsoleMode { get; set; }

    /// <summary>Not supported: the protocol of a boot from the network.</summary>
    [Parameter]
    [Unsupported(NoFirmware)]
    public IPProtocolPreference? PreferredNetworkBootProtocol { get; set; }

    /// <summary>Writes the firmware.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override IEnumerable<VirtualMachine> Targets() => VMFirmware is { } parts ? MachinesOf(parts) : base.Targets();

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        ChangeMachineRequest change = new()
        {
            KernelPath = PathOrEmpty(KernelPath),
            InitialRamDiskPath = PathOrEmpty(InitialRamDiskPath),
            KernelCommandLine = KernelCommandLine,
        };
        if (Confirmed("configure the firmware of", machine))
        {
            Change(machine, change);
            WarnOfMissing("kernel", change.KernelPath);
            WarnOfMissing("initial RAM disk", change.InitialRamDiskPath);
            if (Passthru)
            {
                WriteObject(new VMFirmware(machine));
            }
        }
    }

    // The file may be made later, so this is no error yet; of a path that is mistyped the user should hear now.
    private void WarnOfMissing(string what, string? path)
    {
        if (path is { Length: > 0 } && !Path.Exists(path))
        {
            WriteWarning($"There is no {what} '{path}' yet. As long as it is missing, Start-VM will fail.");
        }
    }

    private string? PathOrEmpty(string? path) => string.IsNullOrEmpty(path) ? path : FullPath(path);
}
