using System.Management.Automation;
using Nestvisor.Api.Client;
using Nestvisor.Api.Worker;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>
/// Test-VMHostNestedVirtualization, an extension: tells of each thing that nesting needs of this host whether it is there, and what to do if not.
/// </summary>
/// <remarks>
/// Each row is a check of an engine: what was found, and what to do about it. Failed keeps the engine from nesting, Warning does not. The
/// command needs no service.
/// </remarks>
/// <example>
/// Shows what keeps KVM from nesting.
/// <code>Test-VMHostNestedVirtualization -Engine Kvm</code>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "VMHostNestedVirtualization", DefaultParameterSetName = ComputerSet)]
[OutputType(typeof(VMHostNestedVirtualizationCheck))]
public sealed class TestVMHostNestedVirtualization : HostCmdlet
{
    /// <summary>Only the checks of these engines; those of both if not given.</summary>
    [Parameter]
    [ValidateSet("Kvm", "Software")]
    public VMEngine[]? Engine { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (WorkerNestingCheck check in Await(WorkerProgram.CheckNestingAsync(Cancellation)))
        {
            if (Engine is null || Engine.Contains(Convert.ToEngine(check.Engine)))
            {
                WriteObject(new VMHostNestedVirtualizationCheck(check));
            }
        }
    }
}
