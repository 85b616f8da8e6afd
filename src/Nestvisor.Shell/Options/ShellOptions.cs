namespace Nestvisor.Shell.Options;

/// <summary>What the command line asks for.</summary>
internal sealed record ShellOptions
{
    /// <summary>Source text of <c>-Command</c> or <c>-EncodedCommand</c>; null when none was given.</summary>
    public string? Command { get; init; }

    /// <summary>Commands are to be read from standard input (<c>-Command -</c>).</summary>
    public bool CommandFromInput { get; init; }

    /// <summary>Path of <c>-File</c>; null when none was given.</summary>
    public string? File { get; init; }

    /// <summary>The words after the path of <c>-File</c>, unparsed.</summary>
    public IReadOnlyList<string> FileArguments { get; init; } = [];

    /// <summary>Do not run the user's profile.</summary>
    public bool NoProfile { get; init; }

    /// <summary>Print no banner.</summary>
    public bool NoLogo { get; init; }

    /// <summary>Go on to the prompt after <c>-Command</c> or <c>-File</c>.</summary>
    public bool NoExit { get; init; }

    /// <summary>Never ask: whatever would prompt fails.</summary>
    public bool NonInteractive { get; init; }

    /// <summary>Folder to start in; null for the current one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Print the version and end.</summary>
    public bool Version { get; init; }

    /// <summary>Print the usage and end.</summary>
    public bool Help { get; init; }
}
