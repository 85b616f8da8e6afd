using System.Globalization;
using System.Management.Automation.Host;

namespace Nestvisor.Shell.Hosting;

/// <summary>The PowerShell host: what the engine asks of the program around it.</summary>
internal sealed class ShellHost(ShellUserInterface userInterface, Version version) : PSHost
{
    private int _nesting;

    /// <summary>The code of the <c>exit</c> that ended the session; null while it goes on.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Set when the innermost nested prompt is to end.</summary>
    public bool NestedPromptEnded { get; private set; }

    /// <summary>Runs a nested prompt (Suspend in a confirmation); the session provides it.</summary>
    public Action? NestedPrompt { get; set; }

    /// <inheritdoc/>
    public override string Name => "Nestvisor";

    /// <inheritdoc/>
    public override Version Version => version;

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override PSHostUserInterface UI => userInterface;

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture { get; } = Thread.CurrentThread.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture { get; } = Thread.CurrentThread.CurrentUICulture;

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode ??= exitCode;

    /// <inheritdoc/>
    public override void EnterNestedPrompt()
    {
        if (NestedPrompt is null || userInterface.NonInteractive)
            throw new HostException("A nested prompt needs an interactive session.");
        var depth = ++_nesting;
        while (ExitCode is null && !NestedPromptEnded && _nesting == depth)
            NestedPrompt();
        NestedPromptEnded = false;
        if (_nesting == depth)
            _nesting--;
    }

    /// <inheritdoc/>
    public override void ExitNestedPrompt()
    {
        if (_nesting > 0)
            NestedPromptEnded = true;
    }

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
        // A native program takes the terminal over as it is; there is no state of ours to save.
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
        // See NotifyBeginApplication.
    }
}
