using Nestvisor.Api.Errors;
using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Transfers;

/// <summary>A folder that gets its name when it is complete. Until then it has a name beside it, and nothing stays of it if it is given up.</summary>
internal sealed class StagedFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _target;
    private readonly List<string> _madeParents = [];
    private bool _complete;

    /// <summary>Begins a folder.</summary>
    /// <param name="target">Its absolute path. The folders above are made if they are not there.</param>
    /// <exception cref="ApiException">It exists.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public StagedFolder(string target)
    {
        if (System.IO.Path.Exists(target))
        {
            throw ApiException.Failed($"'{target}' already exists, and nothing is overwritten. Choose another folder, or move it away.");
        }

        _target = target;
        string parent = System.IO.Path.GetDirectoryName(target)!;
        Path = System.IO.Path.Combine(parent, $".{Guid.NewGuid():N}.exporting");
        try
        {
            MakeParents(parent);
            _ = Directory.CreateDirectory(Path, Private);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the folder is until it is complete.</summary>
    public string Path { get; }

    /// <summary>Makes a folder in it.</summary>
    /// <returns>Its path.</returns>
    public string MakeFolder(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name), Private).FullName;

    /// <summary>Makes all entries durable and gives the folder its name.</summary>
    /// <exception cref="IOException">It exists meanwhile, or cannot be moved.</exception>
    public void Complete()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
        {
            DirectorySync.Flush(folder);
        }

        DirectorySync.Flush(Path);
        Directory.Move(Path, _target);
        _complete = true;
        DirectorySync.Flush(System.IO.Path.GetDirectoryName(_target)!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_complete)
        {
            return;
        }

        _complete = true;
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }

        foreach (string parent in _madeParents)
        {
            // Somebody may use it meanwhile.
            if (Directory.Exists(parent) && !Directory.EnumerateFileSystemEntries(parent).Any())
            {
                Directory.Delete(parent);
            }
        }
    }

    private void MakeParents(string folder)
    {
        Stack<string> missing = [];
        for (string? each = folder; each is not null && !Directory.Exists(each); each = System.IO.Path.GetDirectoryName(each))
        {
            missing.Push(each);
        }

        foreach (string each in missing)
        {
            _ = Directory.CreateDirectory(each);
            _madeParents.Insert(0, each);
        }
    }
}
