using System.Management.Automation;

namespace Nestvisor.Shell.Engine;

/// <summary>The user's profile script.</summary>
internal static class Profile
{
    /// <summary>Sets <c>$PROFILE</c> and runs the script if there is one and it is wanted.</summary>
    public static void Run(ShellSession session, bool skip)
    {
        var root = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        var path = Path.Combine(root, "nestvisor", "profile.ps1");
        var profile = new PSObject(path);
        foreach (var name in new[] { "CurrentUserCurrentHost", "CurrentUserAllHosts" })
            profile.Properties.Add(new PSNoteProperty(name, path));
        session.Runspace.SessionStateProxy.SetVariable("PROFILE", profile);
        if (skip || !File.Exists(path))
            return;
        ScriptText.Check(path);
        session.RunText($". '{path.Replace("'", "''", StringComparison.Ordinal)}'");
    }
}
