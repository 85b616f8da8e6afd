using System.Management.Automation;
using Nestvisor.Api.Client;
using Nestvisor.Api.Worker;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>
/// Test-VMHostNestedVirtualization, an extension: each thing that nesting needs of this host, whether it is there, and what to do if not.
/// It needs no service.
/// </summary>
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
