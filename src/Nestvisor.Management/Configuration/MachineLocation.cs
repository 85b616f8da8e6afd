namespace Nestvisor.Management.Configuration;

/// <summary>Where the files of a machine are.</summary>
/// <param name="Folder">The folder that users see as the machine's.</param>
/// <param name="ConfigurationFile">The configuration.</param>
/// <param name="SavedState">The saved state, which is there while the machine is saved.</param>
/// <param name="RunFolder">Logs and the result of the last run: always in the state folder, as they are about this host.</param>
/// <param name="BootFolder">Kernel and initial RAM disk of a machine that was imported as a copy.</param>
internal sealed record MachineLocation(string Folder, string ConfigurationFile, string SavedState, string RunFolder, string BootFolder)
{
    /// <summary>Ending of a configuration outside of the state folder, which Hyper-V's users look for. The content is this program's own.</summary>
    public const string ConfigurationEnding = ".vmcx";

    /// <summary>Ending of a saved state outside of the state folder.</summary>
    public const string SavedStateEnding = ".vmrs";

    /// <summary>Hyper-V's name of the folder of configurations in a machine's folder.</summary>
    public const string ConfigurationFolderName = "Virtual Machines";

    /// <summary>Hyper-V's name of the folder of disks in a machine's folder.</summary>
    public const string DiskFolderName = "Virtual Hard Disks";

    /// <summary>The place of a machine's configuration in a folder, as Hyper-V lays it out.</summary>
    public static string FileIn(string folder, Guid id) => Path.Combine(folder, ConfigurationFolderName, id.ToString("D").ToUpperInvariant() + ConfigurationEnding);

    /// <summary>The machine's folder of a configuration: the one that holds its folder of configurations, else the one that it is in.</summary>
    public static string FolderOf(string configurationFile)
    {
        string folder = Path.GetDirectoryName(configurationFile)!;
        return Path.GetFileName(folder) == ConfigurationFolderName && Path.GetDirectoryName(folder) is { } outer ? outer : folder;
    }

    /// <summary>The files beside a configuration outside of the state folder.</summary>
    public static MachineLocation Outside(string configurationFile, string runFolder) =>
        new(FolderOf(configurationFile), configurationFile, Path.ChangeExtension(configurationFile, SavedStateEnding), runFolder, Path.ChangeExtension(configurationFile, null));
}
