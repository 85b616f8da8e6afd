using System.Management.Automation;
using Microsoft.HyperV.PowerShell.SerialConsole;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMConsoleLog, an extension: gets what the serial console of virtual machines printed in the current or last run, by lines.</summary>
/// <remarks>The lines are those of the current run, or of the last one if the machine is off.</remarks>
/// <example>
/// Shows the last 20 lines that L1 printed.
/// <code>Get-VMConsoleLog L1 -Tail 20</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMConsoleLog", DefaultParameterSetName = NameSet)]
[OutputType(typeof(string))]
public sealed class GetVMConsoleLog : MachinePartCmdlet
{
    /// <summary>Number of lines from the end; all if not given.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Tail { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        using ConsoleLog log = new(machine.ConsoleLogPath);
        List<string> lines = log.ReadLines();
        if (log.Partial.Length > 0)
        {
            lines.Add(log.Partial);
        }

        for (int i = Math.Max(0, lines.Count - Tail); i < lines.Count; i++)
        {
            WriteObject(lines[i]);
        }
    }
}
