using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace Nestvisor.Shell.Engine;

/// <summary>
/// Gives "command not found" the sentences that help here: what may have been meant, and that this shell is not the whole of PowerShell. The
/// engine swallows whatever a CommandNotFoundAction throws, so the text is replaced where the engine reads it; error id and category stay
/// its own.
/// </summary>
internal static partial class UnknownCommand
{
    private const string Beginning = "The term '{0}' is not a cmdlet, function, script file or program that this shell knows. ";

    // What the engine did not find last on this thread. It reads the message directly afterwards, and that is told no name.
    [ThreadStatic]
    private static string? s_name;

    [ThreadStatic]
    private static CommandInvocationIntrinsics? s_commands;

    /// <summary>Puts the message in place.</summary>
    /// <exception cref="InvalidOperationException">The engine is another build than the one Nestvisor is made for.</exception>
    public static void Install() => EngineText.Replace("DiscoveryExceptions", "CommandNotFoundException", () => Message(s_name ?? string.Empty));

    /// <summary>Has the runspace tell the names that it does not find.</summary>
    public static void Watch(Runspace runspace)
    {
        // Taken now: while a pipeline runs, the runspace gives nothing away.
        var commands = runspace.SessionStateProxy.InvokeCommand;
        commands.CommandNotFoundAction = (_, lookup) => (s_name, s_commands) = (lookup.CommandName, commands);
    }

    private static string Message(string name)
    {
        var known = s_commands is null ? [] : s_commands.GetCmdlets().Select(cmdlet => cmdlet.Name);
        (s_name, s_commands) = (null, null);
        // A name without a verb is looked for once more with "get-" before it.
        var nearest = name.Contains('-', StringComparison.Ordinal) ? Spelling.Nearest(name, known) : [];
        var meant = nearest.Count == 0 ? string.Empty : $"Did you mean {string.Join(" or ", nearest)}? ";
        // The same module in PowerShell 7 would not help: it has the same commands.
        return HyperVCommand().IsMatch(name)
            ? Beginning + meant + "Check the spelling. If it is one of Hyper-V's commands, Nestvisor does not have it; Get-Command -Module Hyper-V lists those that it has."
            : Beginning + meant + "Check the spelling, and the path if there is one. "
                + "nestvisor carries the Hyper-V module and PowerShell's everyday commands, not all of them; where you need a command that is not part of this "
                + $"shell, use the same module in PowerShell 7: Import-Module '{ModulePath.HyperV.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)}'";
    }

    [GeneratedRegex("^[a-z]+-(VM|VHD)[a-z]*$", RegexOptions.IgnoreCase)]
    private static partial Regex HyperVCommand();
}
