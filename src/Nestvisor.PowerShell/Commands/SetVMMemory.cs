using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMMemory: changes the memory of virtual machines.</summary>
/// <remarks>The size is a whole number of megabytes and changes only while the machine is off.</remarks>
/// <example>
/// Gives L1 2 GB of memory.
/// <code>Set-VMMemory L1 -StartupBytes 2GB</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMMemory", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMMemory))]
public sealed class SetVMMemory : MachinePartCmdlet
{
    private const string PartSet = "ResourceObject";
    private const string NoDynamicMemory = "there is no dynamic memory.";

    /// <summary>Memory of virtual machines.</summary>
    [Parameter(ParameterSetName = PartSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMMemory[]? VMMemory { get; set; }

    /// <summary>Bytes of memory, at least 32 MB.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? StartupBytes { get; set; }

    /// <summary>False; dynamic memory is not supported.</summary>
    [Parameter]
    [Unsupported(NoDynamicMemory, Except = false)]
    public bool DynamicMemoryEnabled { get; set; }

    /// <summary>Percent of memory that dynamic memory would hold ready, 5 to 2000. It is kept, and has no effect.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? Buffer { get; set; }

    /// <summary>Most dynamic memory, at least the startup memory. It is kept, and has no effect.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? MaximumBytes { get; set; }

    /// <summary>Least dynamic memory, at most the startup memory. It is kept, and has no effect.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? MinimumBytes { get; set; }

    /// <summary>Priority among machines with dynamic memory, 0 to 100. It is kept, and has no effect.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? Priority { get; set; }

    /// <summary>Not supported: memory a NUMA node.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("a virtual machine has one NUMA node.")]
    public long? MaximumAmountPerNumaNodeBytes { get; set; }

    /// <summary>Not supported: a resource pool.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there are no resource pools.")]
    public string? ResourcePoolName { get; set; }

    /// <summary>Writes the memory.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override IEnumerable<VirtualMachine> Targets() => VMMemory is { } parts ? MachinesOf(parts) : base.Targets();

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("configure the memory of", machine))
        {
            Change(machine, new ChangeMachineRequest
            {
                MemoryStartupBytes = StartupBytes,
                MemoryMinimumBytes = MinimumBytes,
                MemoryMaximumBytes = MaximumBytes,
                MemoryBuffer = Buffer,
                MemoryPriority = Priority,
            });
            if (Passthru)
            {
                WriteObject(new VMMemory(machine));
            }
        }
    }
}
