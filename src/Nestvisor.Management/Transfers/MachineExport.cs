using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Transfers;

/// <summary>
/// A copy of a machine in the making: a folder with Hyper-V's layout, its configuration, saved state, kernel and disks. It appears when
/// it is complete.
/// </summary>
internal sealed class MachineExport : IDisposable
{
    private readonly MachineConfiguration _machine;
    private readonly Transfer _transfer;
    private readonly StagedFolder _folder;
    private readonly string _configurationFile;
    private readonly List<(string From, string To)> _copies = [];

    /// <summary>Begins a copy; nothing of the machine is read yet but the lengths of its files.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="path">Absolute path of the folder that gets a folder with the machine's name.</param>
    /// <param name="transfer">Is told how far the copy is, and may end it.</param>
    /// <exception cref="Api.Errors.ApiException">The folder exists, or a file of the machine cannot be read.</exception>
    public MachineExport(MachineConfiguration machine, string path, Transfer transfer)
    {
        _transfer = transfer;
        _folder = new StagedFolder(Path.Combine(path, FileNames.ForMachine(machine.Name)));
        try
        {
            _configurationFile = MachineLocation.FileIn(_folder.Path, machine.Id);
            _ = _folder.MakeFolder(MachineLocation.ConfigurationFolderName);
            Dictionary<string, string> disks = Plan(machine, "hard disk", machine.Disks.Select(disk => disk.Path), _folder.MakeFolder(MachineLocation.DiskFolderName));
            Dictionary<string, string> boot = Plan(
                machine,
                "boot file",
                new[] { machine.KernelPath, machine.InitialRamDiskPath }.OfType<string>(),
                MachineLocation.Outside(_configurationFile, "").BootFolder);
            _machine = machine with
            {
                Disks = [.. machine.Disks.Select(disk => disk with { Path = disks[disk.Path] })],
                KernelPath = machine.KernelPath is { } kernel ? boot[kernel] : null,
                InitialRamDiskPath = machine.InitialRamDiskPath is { } disk ? boot[disk] : null,
            };
        }
        catch
        {
            _folder.Dispose();
            throw;
        }
    }

    /// <summary>Copies all files.</summary>
    /// <param name="savedState">The saved state to copy; null for none.</param>
    /// <exception cref="IOException">One cannot be copied.</exception>
    public void Copy(string? savedState)
    {
        if (savedState is not null)
        {
            _transfer.Expect(new FileInfo(savedState).Length);
            SparseCopy.Copy(savedState, MachineLocation.Outside(_configurationFile, "").SavedState, _transfer);
        }

        foreach ((string from, string to) in _copies)
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            SparseCopy.Copy(from, to, _transfer);
        }
    }

    /// <summary>Writes the configuration and lets the copy appear, unless it has been given up.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Complete()
    {
        _transfer.Cancellation.ThrowIfCancellationRequested();
        AtomicFile.Write(_configurationFile, PortableConfiguration.Write(_machine, _folder.Path));
        _folder.Complete();
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private Dictionary<string, string> Plan(MachineConfiguration machine, string what, IEnumerable<string> files, string folder)
    {
        Dictionary<string, string> targets = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (string file in files)
        {
            if (!targets.ContainsKey(file))
            {
                _transfer.Expect(BootFiles.RequireFile(machine.Name, what, file, FileAccess.Read));
                targets.Add(file, Path.Combine(folder, FileNames.Unique(file, names)));
                _copies.Add((file, targets[file]));
            }
        }

        return targets;
    }
}
