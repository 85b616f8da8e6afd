using System.Management.Automation;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMHost: changes the host's settings.</summary>
/// <remarks>
/// The folder for disks is the only setting that can be changed. No command puts disks there by itself; scripts read it from Get-VMHost.
/// </remarks>
/// <example>
/// Chooses the folder for disks, and makes it.
/// <code>Set-VMHost -VirtualHardDiskPath disks</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMHost", DefaultParameterSetName = ComputerSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMHost))]
public sealed class SetVMHost : VirtualizationCmdlet
{
    private const string ComputerSet = "ComputerName";
    private const string NoMigration = "virtual machines do not move to other hosts.";
    private const string NoAddresses = "virtual machines have no network adapters with addresses from a pool.";
    private const string NoFibreChannel = "there is no fibre channel.";

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = "CimSession", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = ComputerSet, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = ComputerSet, Position = 1)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Not supported: how many disks may move at a time.</summary>
    [Parameter]
    [Unsupported(NoMigration)]
    public uint MaximumStorageMigrations { get; set; }

    /// <summary>Not supported: how many virtual machines may move at a time.</summary>
    [Parameter]
    [Unsupported(NoMigration)]
    public uint MaximumVirtualMachineMigrations { get; set; }

    /// <summary>Not supported: how hosts prove to each other who they are.</summary>
    [Parameter]
    [Unsupported(NoMigration)]
    public MigrationAuthenticationType VirtualMachineMigrationAuthenticationType { get; set; }

    /// <summary>Not supported: the networks over which virtual machines move.</summary>
    [Parameter]
    [Unsupported(NoMigration)]
    public bool UseAnyNetworkForMigration { get; set; }

    /// <summary>Not supported: how memory is sent.</summary>
    [Parameter]
    [Unsupported(NoMigration)]
    public VMMigrationPerformance VirtualMachineMigrationPerformanceOption { get; set; }

    /// <summary>Not supported: how often metering is saved.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there is no resource metering. Get-VMEngineStatistics shows counters.")]
    public TimeSpan? ResourceMeteringSaveInterval { get; set; }

    /// <summary>The folder for virtual hard disks; made if it is not there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? VirtualHardDiskPath { get; set; }

    /// <summary>The folder that configurations are in already; another one is not supported.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? VirtualMachinePath { get; set; }

    /// <summary>Not supported: the last address for network adapters.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoAddresses)]
    public string? MacAddressMaximum { get; set; }

    /// <summary>Not supported: the first address for network adapters.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoAddresses)]
    public string? MacAddressMinimum { get; set; }

    /// <summary>Not supported: the node's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoFibreChannel)]
    public string? FibreChannelWwnn { get; set; }

    /// <summary>Not supported: the last port's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoFibreChannel)]
    public string? FibreChannelWwpnMaximum { get; set; }

    /// <summary>Not supported: the first port's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoFibreChannel)]
    public string? FibreChannelWwpnMinimum { get; set; }

    /// <summary>True; to keep virtual machines to a NUMA node is not supported.</summary>
    [Parameter]
    [Unsupported("Linux gives a virtual machine memory of all NUMA nodes. Start the service under numactl to keep it to one.", Except = true)]
    public bool? NumaSpanningEnabled { get; set; }

    /// <summary>False; there is no enhanced session.</summary>
    [Parameter]
    [Unsupported("the console is a serial line.", Except = false)]
    public bool? EnableEnhancedSessionMode { get; set; }

    /// <summary>Writes the host.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        ChangeHostRequest request = new()
        {
            VirtualMachinePath = VirtualMachinePath is null ? null : FullPath(VirtualMachinePath),
            VirtualHardDiskPath = VirtualHardDiskPath is null ? null : FullPath(VirtualHardDiskPath),
        };
        string description = $"Set-VMHost will configure the host \"{Environment.MachineName}\".";
        if (ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm"))
        {
            VMHost host = new(Await(Client.ChangeHostAsync(request, Cancellation)));
            if (Passthru)
            {
                WriteObject(host);
            }
        }
    }
}
