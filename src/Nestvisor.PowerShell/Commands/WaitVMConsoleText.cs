using System.Management.Automation;
using System.Text.RegularExpressions;
using Microsoft.HyperV.PowerShell.SerialConsole;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Wait-VMConsoleText, an extension: waits until a line of the serial console matches, and writes the line.</summary>
/// <remarks>
/// The lines are those of the current run from its start. The last one counts too while it has no end, as a prompt has none. It is an error if
/// the machine ends or the time is over before one matches.
/// </remarks>
/// <example>
/// Waits until L1 asks who logs in.
/// <code>Wait-VMConsoleText L1 'login:' -Timeout 60</code>
/// </example>
[Cmdlet(VerbsLifecycle.Wait, "VMConsoleText", DefaultParameterSetName = NameSet)]
[OutputType(typeof(string))]
public sealed class WaitVMConsoleText : MachinePartCmdlet
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StateInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(5);

    /// <summary>A regular expression; case matters.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [Alias("Text")]
    public string Pattern { get; set; } = "";

    /// <summary>The pattern is a text, not a regular expression.</summary>
    [Parameter]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Seconds to wait; -1 for no limit.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    [Alias("TimeoutSec")]
    public int Timeout { get; set; } = -1;

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        Regex pattern = MakePattern();
        long begin = TimeProvider.System.GetTimestamp();
        Pace state = new(StateInterval, LongestInterval);
        Pace text = new(PollInterval, LongestInterval);
        using ConsoleLog log = new(machine.ConsoleLogPath);
        string lastLine = "";
        while (true)
        {
            // The state is asked before the log is read: what a machine printed at its end is in the log by then.
            long began = TimeProvider.System.GetTimestamp();
            bool off = false;
            if (state.IsDue)
            {
                off = machine.State is VMState.Off or VMState.Saved;
                state.Looked(began);
                began = TimeProvider.System.GetTimestamp();
            }

            foreach (string line in log.ReadLines())
            {
                if (pattern.IsMatch(line))
                {
                    WriteObject(line);
                    return;
                }

                lastLine = line.Length > 0 ? line : lastLine;
            }

            if (log.Partial is { Length: > 0 } partial && pattern.IsMatch(partial))
            {
                WriteObject(partial);
                return;
            }

            if (off)
            {
                string end = machine.State == VMState.Saved ? "saved" : $"off ({machine.Status})";
                throw ApiException.Failed(
                    $"'{machine.Name}' is {end} and its console did not show '{Pattern}'. {LastLine(lastLine)} Start it with Start-VM to wait for a line of its next run.");
            }

            if (Timeout >= 0 && TimeProvider.System.GetElapsedTime(begin).TotalSeconds >= Timeout)
            {
                throw new ApiException(
                    ApiErrorCode.OperationTimeout,
                    ApiErrorCategory.OperationTimeout,
                    $"The console of '{machine.Name}' did not show '{Pattern}' within {Timeout} seconds. {LastLine(lastLine)}");
            }

            text.Looked(began);
            _ = Cancellation.WaitHandle.WaitOne(text.Rest is var rest && rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    private static string LastLine(string line) => line.Length == 0 ? "It printed nothing." : $"Its last line is: {line}";

    private Regex MakePattern()
    {
        try
        {
            return new Regex(SimpleMatch ? Regex.Escape(Pattern) : Pattern, RegexOptions.CultureInvariant, MatchLimit);
        }
        catch (ArgumentException error)
        {
            throw ApiException.InvalidArgument($"'{Pattern}' is not a regular expression: {error.Message} Use -SimpleMatch to find it as a text.");
        }
    }
}
