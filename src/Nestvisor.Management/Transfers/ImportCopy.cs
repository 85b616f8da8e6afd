using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Configuration;
using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Transfers;

/// <summary>
/// Copies the files of an exported machine to where the machine will be. Names are made here, of the last part of the exported ones; what is
/// there already is never overwritten; what was copied is removed again unless the import is complete.
/// </summary>
internal sealed class ImportCopy(ImportPlan plan, MachineLocation target, string diskFolder, Transfer transfer) : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly List<string> _made = [];
    private bool _complete;

    /// <summary>Copies all files.</summary>
    /// <returns>The configuration with the paths of the copies.</returns>
    /// <exception cref="ApiException">A file is in the way.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public MachineConfiguration Run()
    {
        MachineConfiguration machine = plan.Configuration;
        Dictionary<string, string> copies = new(StringComparer.Ordinal);
        Plan(copies, machine.Disks.Select(disk => disk.Path), diskFolder);
        Plan(copies, new[] { machine.KernelPath, machine.InitialRamDiskPath }.OfType<string>(), target.BootFolder);
        long stateLength = plan.SavedState is { } file ? new FileInfo(file).Length : 0;
        transfer.Expect(stateLength + copies.Keys.Sum(path => new FileInfo(path).Length));
        foreach (string way in copies.Values.Append(target.SavedState).Append(target.ConfigurationFile))
        {
            if (Path.Exists(way))
            {
                throw ApiException.Failed($"'{way}' already exists, and nothing is overwritten. Choose other folders with -VirtualMachinePath and -VhdDestinationPath.");
            }
        }

        foreach ((string from, string to) in copies)
        {
            Copy(from, to);
        }

        if (plan.SavedState is { } state)
        {
            Copy(state, target.SavedState);
            SetId(target.SavedState);
        }

        return PortableConfiguration.WithPaths(machine, path => copies.GetValueOrDefault(path, path));
    }

    /// <summary>The machine is there: what was copied stays.</summary>
    public void Complete() => _complete = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_complete)
        {
            _complete = true;
            _made.Reverse();
            foreach (string path in _made)
            {
                if (!Directory.Exists(path))
                {
                    File.Delete(path);
                }
                else if (!Directory.EnumerateFileSystemEntries(path).Any())
                {
                    Directory.Delete(path);
                }
            }
        }
    }

    private void Plan(Dictionary<string, string> copies, IEnumerable<string> files, string folder)
    {
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (string file in files)
        {
            // What the user has named stays where it is.
            if (!plan.IsChosen(file) && !copies.ContainsKey(file))
            {
                copies.Add(file, Path.Combine(folder, FileNames.Unique(file, names)));
            }
        }
    }

    private void Copy(string from, string to)
    {
        string folder = Path.GetDirectoryName(to)!;
        MakeFolder(folder);
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.importing");
        SparseCopy.Copy(from, temporary, transfer);
        _made.Add(temporary);
        File.Move(temporary, to);
        _made.Remove(temporary);
        _made.Add(to);
        DirectorySync.Flush(folder);
    }

    private void MakeFolder(string folder)
    {
        Stack<string> missing = [];
        for (string? each = folder; each is not null && !Directory.Exists(each); each = Path.GetDirectoryName(each))
        {
            missing.Push(each);
        }

        foreach (string each in missing)
        {
            _ = Directory.CreateDirectory(each, Private);
            _made.Add(each);
        }
    }

    private void SetId(string state)
    {
        using FileStream file = new(state, FileMode.Open, FileAccess.Write, FileShare.None);
        file.Write(SavedStateHeader.Of(plan.Target));
        file.Flush(flushToDisk: true);
    }
}
