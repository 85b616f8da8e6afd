namespace Nestvisor.Shell.Engine;

/// <summary>Where modules are looked for.</summary>
internal static class ModulePath
{
    private const string Variable = "PSModulePath";

    /// <summary>The shell's own folder, <c>$PSHOME</c>.</summary>
    public static string Home { get; } = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);

    /// <summary>The shell's own modules.</summary>
    public static string Own { get; } = Path.Combine(Home, "Modules");

    /// <summary>The Hyper-V module's folder.</summary>
    public static string HyperV { get; } = Path.Combine(Own, "Hyper-V");

    /// <summary>
    /// Puts our own modules first and drops those of another PowerShell's installation: its Microsoft.PowerShell.Utility would
    /// be found under the name we use, and needs an engine that is not ours.
    /// </summary>
    public static void Prepare()
    {
        var current = Environment.GetEnvironmentVariable(Variable);
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        Environment.SetEnvironmentVariable(Variable, Compose(current, Own, Path.Combine(data, "powershell", "Modules")));
    }

    /// <summary>The value for <c>PSModulePath</c> made of <paramref name="current"/>, with <paramref name="own"/> first.</summary>
    internal static string Compose(string? current, string own, string user)
    {
        var folders = new List<string> { own };
        foreach (var folder in (current is { Length: > 0 } ? current : user).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!folders.Contains(folder, StringComparer.Ordinal) && !IsForeignHome(folder))
                folders.Add(folder);
        }

        return string.Join(Path.PathSeparator, folders);
    }

    private static bool IsForeignHome(string folder)
        => Directory.Exists(Path.Combine(folder, "Microsoft.PowerShell.Utility"))
            || File.Exists(Path.Combine(Path.GetDirectoryName(folder.TrimEnd('/')) ?? "/", "pwsh.dll"));
}
