using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Resources;

namespace Nestvisor.Shell.Engine;

/// <summary>
/// Gives "command not found" the sentence that helps here: this shell is not the whole of PowerShell. The engine swallows
/// whatever a CommandNotFoundAction throws, so the text is replaced where the engine reads it; error id and category stay its own.
/// </summary>
internal sealed class UnknownCommand : ResourceManager
{
    private const string Table = "System.Management.Automation.resources.DiscoveryExceptions";
    private const string Cache = "resourceMan";

    private UnknownCommand()
        : base(Table, typeof(PSObject).Assembly)
    {
    }

    /// <summary>The message; <c>{0}</c> is the name of the command.</summary>
    public static string Message { get; } =
        "The term '{0}' is not a cmdlet, function, script file or program that this shell knows. Check the spelling, and the path if there is one. "
        + "nestvisor carries the Hyper-V module and PowerShell's everyday commands, not all of them; where you need a command that is not part of this "
        + $"shell, use the same module in PowerShell 7: Import-Module '{ModulePath.HyperV.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)}'";

    /// <summary>Puts the message in place.</summary>
    /// <exception cref="InvalidOperationException">The engine is another build than the one Nestvisor is made for.</exception>
    public static void Install()
    {
        var field = typeof(PSObject).Assembly.GetType("DiscoveryExceptions")?.GetField(Cache, BindingFlags.NonPublic | BindingFlags.Static)
            ?? throw EngineInternals.Missing("DiscoveryExceptions." + Cache);
        field.SetValue(null, new UnknownCommand());
    }

    /// <inheritdoc/>
    public override string? GetString(string name, CultureInfo? culture)
        => name == "CommandNotFoundException" ? Message : base.GetString(name, culture);
}
