using System.Collections.Concurrent;
using System.Text.Json;
using Nestvisor.Api.Machines;
using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Configuration;

/// <summary>
/// The virtual machines' configurations: one folder a machine, named by its identifier, with the file vm.json in it; or, if the
/// configuration is elsewhere, with the file location that holds its path.
/// </summary>
internal sealed class ConfigurationStore
{
    private const string FileName = "vm.json";
    private const string LocationName = "location";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _root;
    private readonly ConcurrentDictionary<Guid, string> _outside = new();

    /// <summary>Opens the store, creating it if it is not there.</summary>
    public ConfigurationStore(string stateFolder)
    {
        _root = Path.Combine(stateFolder, "vms");
        _ = Directory.CreateDirectory(_root, Private);
    }

    /// <summary>The folder of a machine in the state folder.</summary>
    public string FolderOf(Guid id) => Path.Combine(_root, id.ToString("D"));

    /// <summary>Where the files of a machine are.</summary>
    public MachineLocation LocationOf(Guid id)
    {
        string folder = FolderOf(id);
        return _outside.TryGetValue(id, out string? file)
            ? MachineLocation.Outside(file, folder)
            : new MachineLocation(folder, Path.Combine(folder, FileName), Path.Combine(folder, "saved-state"), folder, Path.Combine(folder, "boot"));
    }

    /// <summary>Keeps a new machine whose configuration is, or is to be, elsewhere. A crash leaves it known or not known, and the file whole.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="file">Absolute path of the configuration; its folder is made if it is not there.</param>
    public void SaveOutside(MachineConfiguration configuration, string file)
    {
        MakeFolder(configuration.Id);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(file)!, Private);
        AtomicFile.Write(file, PortableConfiguration.Write(configuration, MachineLocation.FolderOf(file)));
        AtomicFile.Write(Path.Combine(FolderOf(configuration.Id), LocationName), System.Text.Encoding.UTF8.GetBytes(file));
        _outside[configuration.Id] = file;
    }

    /// <summary>Keeps a configuration, new or changed.</summary>
    public void Save(MachineConfiguration configuration)
    {
        if (_outside.TryGetValue(configuration.Id, out string? file))
        {
            AtomicFile.Write(file, PortableConfiguration.Write(configuration, MachineLocation.FolderOf(file)));
            return;
        }

        MakeFolder(configuration.Id);
        AtomicFile.Write(Path.Combine(FolderOf(configuration.Id), FileName), PortableConfiguration.Write(configuration, folder: null));
    }

    /// <summary>Removes a machine. It is gone once its file is; a crash after that leaves a folder that <see cref="Load"/> removes.</summary>
    public void Remove(Guid id)
    {
        string folder = FolderOf(id);
        MachineLocation location = LocationOf(id);
        bool outside = _outside.TryRemove(id, out _);
        File.Delete(Path.Combine(folder, outside ? LocationName : FileName));
        DirectorySync.Flush(folder);
        if (outside)
        {
            RemoveOutside(location);
        }

        Directory.Delete(folder, recursive: true);
        DirectorySync.Flush(_root);
    }

    /// <summary>Reads all configurations.</summary>
    /// <param name="onUnreadable">Told of each file that is left alone because it cannot be read.</param>
    public List<MachineConfiguration> Load(Action<string> onUnreadable)
    {
        List<MachineConfiguration> all = [];
        foreach (string folder in Directory.EnumerateDirectories(_root))
        {
            if (!Guid.TryParseExact(Path.GetFileName(folder), "D", out Guid id))
            {
                continue;
            }

            string file = Path.Combine(folder, FileName);
            string location = Path.Combine(folder, LocationName);
            bool outside = !File.Exists(file) && File.Exists(location);
            try
            {
                if (outside)
                {
                    file = File.ReadAllText(location);
                }
                else if (!File.Exists(file))
                {
                    Directory.Delete(folder, recursive: true);
                    continue;
                }

                File.Delete(file + AtomicFile.TemporaryEnding);
                MachineConfiguration configuration = Read(file, id, outside);
                if (outside)
                {
                    _outside[id] = file;
                }

                all.Add(configuration);
            }
            catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                onUnreadable($"The configuration '{file}' cannot be read and is left alone: {error.Message}");
            }
        }

        return all;
    }

    private static MachineConfiguration Read(string file, Guid id, bool outside)
    {
        MachineConfiguration configuration = PortableConfiguration.Read(file, outside ? MachineLocation.FolderOf(file) : null);
        return configuration.Id == id ? configuration : throw new JsonException($"It says that it is machine {configuration.Id}.");
    }

    private static void RemoveOutside(MachineLocation location)
    {
        File.Delete(location.ConfigurationFile);
        File.Delete(location.SavedState);
        if (Directory.Exists(location.BootFolder))
        {
            Directory.Delete(location.BootFolder, recursive: true);
        }

        string folder = Path.GetDirectoryName(location.ConfigurationFile)!;
        DirectorySync.Flush(folder);
        if (Path.GetFileName(folder) == MachineLocation.ConfigurationFolderName && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    private void MakeFolder(Guid id)
    {
        string folder = FolderOf(id);
        if (!Directory.Exists(folder))
        {
            _ = Directory.CreateDirectory(folder, Private);
            DirectorySync.Flush(_root);
        }
    }
}
