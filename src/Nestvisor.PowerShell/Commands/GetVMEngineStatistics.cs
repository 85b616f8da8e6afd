using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMEngineStatistics, an extension: gets the counters of the engine and the devices of virtual machines.</summary>
/// <remarks>
/// The counters are those of all processors together since the machine's start; of a machine that is off, those at the end of its last run.
/// Each is a property of the object; which there are depends on the engine. <c>Instructions</c> of the software engine are the interpreted
/// ones only: native code does not count its own.
/// </remarks>
/// <example>
/// Shows the counters of L1.
/// <code>Get-VMEngineStatistics L1</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMEngineStatistics", DefaultParameterSetName = NameSet)]
[OutputType(typeof(PSObject))]
public sealed class GetVMEngineStatistics : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        PSObject counters = new();
        counters.TypeNames.Insert(0, "Microsoft.HyperV.PowerShell.VMEngineStatistics");
        counters.Properties.Add(new PSNoteProperty("VMName", machine.Name));
        counters.Properties.Add(new PSNoteProperty("Engine", EngineOf(machine.Info)));
        foreach (KeyValuePair<string, long> counter in Await(Client.GetStatisticsAsync(machine.Id, Cancellation)))
        {
            // Counters are camel case on the wire, properties Pascal case.
            counters.Properties.Add(new PSNoteProperty(string.Concat(counter.Key[..1].ToUpperInvariant(), counter.Key.AsSpan(1)), counter.Value));
        }

        WriteObject(counters);
    }

    // The counters of a machine that is off are those of the engine that ran it last, whatever it is set to.
    private static VMEngine EngineOf(MachineInfo machine) =>
        Convert.ToEngine(machine.RunningEngine ?? machine.LastExit?.Engine ?? machine.Configuration.Engine);
}
