using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMProcessor: changes the processors of virtual machines.</summary>
/// <remarks>
/// With -ExposeVirtualizationExtensions $true the guest finds AMD-V or VT-x and can run virtual machines of its own. On an AMD processor,
/// which is the software engine's too, that needs configuration version 10.0. All settings change only while the machine is off.
/// </remarks>
/// <example>
/// Lets L1 run virtual machines.
/// <code>Set-VMProcessor L1 -ExposeVirtualizationExtensions $true</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMProcessor", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMProcessor))]
public sealed class SetVMProcessor : MachinePartCmdlet
{
    private const string PartSet = "VMProcessor";
    private const string NoScheduling = "the host's scheduler shares processor time evenly.";
    private const string NoCompatibility = "virtual machines do not move between hosts. Single features can be hidden with -MaskedFeature.";
    private const string OneNode = "a virtual machine has one NUMA node.";

    /// <summary>Processors of virtual machines.</summary>
    [Parameter(ParameterSetName = PartSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMProcessor[]? VMProcessor { get; set; }

    /// <summary>Number of virtual processors, 1 to 16.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? Count { get; set; }

    /// <summary>Whether the guest finds AMD-V or VT-x.</summary>
    [Parameter]
    [ValidateNotNull]
    public bool? ExposeVirtualizationExtensions { get; set; }

    /// <summary>
    /// An extension: processor features to hide from the guest, by their names in /proc/cpuinfo or as LEAF.SUBLEAF.REGISTER.BIT; an
    /// empty list hides none.
    /// </summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[]? MaskedFeature { get; set; }

    /// <summary>False; compatibility is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoCompatibility, Except = false)]
    public bool? CompatibilityForMigrationEnabled { get; set; }

    /// <summary>False; compatibility is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoCompatibility, Except = false)]
    public bool? CompatibilityForOlderOperatingSystemsEnabled { get; set; }

    /// <summary>1; more threads a core are not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the guest sees one thread a core.", Except = 1)]
    public long? HwThreadCountPerCore { get; set; }

    /// <summary>100; a limit is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoScheduling, Except = 100)]
    public long? Maximum { get; set; }

    /// <summary>0; a reserve is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoScheduling, Except = 0)]
    public long? Reserve { get; set; }

    /// <summary>100; another weight is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoScheduling, Except = 100)]
    public int? RelativeWeight { get; set; }

    /// <summary>Not supported: processors a NUMA node.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(OneNode)]
    public int? MaximumCountPerNumaNode { get; set; }

    /// <summary>1; more NUMA nodes a socket are not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(OneNode, Except = 1)]
    public int? MaximumCountPerNumaSocket { get; set; }

    /// <summary>Not supported: a resource pool.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there are no resource pools.")]
    public string? ResourcePoolName { get; set; }

    /// <summary>False; host resource protection is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there is no host resource protection.", Except = false)]
    public bool? EnableHostResourceProtection { get; set; }

    /// <summary>Not supported: performance monitoring in the guest.</summary>
    [Parameter]
    [Unsupported("the guest's processor has no performance counters.")]
    public string[]? Perfmon { get; set; }

    /// <summary>False; the legacy APIC mode is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the guest chooses the mode of its APIC. x2APIC can be hidden with -MaskedFeature x2apic.", Except = false)]
    public bool? EnableLegacyApicMode { get; set; }

    /// <summary>Not supported: the counters ACNT and MCNT.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the guest's processor has no frequency counters.", Except = false)]
    public bool? AllowACountMCount { get; set; }

    /// <summary>Writes the processors.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    internal static int? ToCount(long? count) => count is null ? null : (int)Math.Clamp(count.Value, int.MinValue, int.MaxValue);

    /// <inheritdoc/>
    private protected override IEnumerable<VirtualMachine> Targets() => VMProcessor is { } parts ? MachinesOf(parts) : base.Targets();

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("configure the processor settings of", machine))
        {
            Change(machine, new ChangeMachineRequest
            {
                ProcessorCount = ToCount(Count),
                ExposeVirtualizationExtensions = ExposeVirtualizationExtensions,
                MaskedProcessorFeatures = MaskedFeature,
            });
            if (Passthru)
            {
                WriteObject(new VMProcessor(machine));
            }
        }
    }
}
