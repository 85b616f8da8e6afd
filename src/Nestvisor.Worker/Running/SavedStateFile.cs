using Nestvisor.Api.Worker;
using Nestvisor.Machine;
using Nestvisor.Platform;
using Nestvisor.Platform.Files;

namespace Nestvisor.Worker.Running;

/// <summary>
/// The file of a machine's saved state. It is opened before the process locks itself down and stays open; what remains are writes and two
/// renames that the filter knows. It bears its name only while it is whole and the machine has not gone on from it, so that a crash at
/// any point leaves either that or no saved state.
/// </summary>
internal sealed class SavedStateFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly Guid _id;
    private readonly FileStream _file;
    private readonly OpenDirectory _folder;
    private readonly PreparedRename _toValid;
    private readonly PreparedRename _toInvalid;
    private bool _saved;

    private SavedStateFile(string path, Guid id, FileStream file)
    {
        _path = path;
        _id = id;
        _file = file;
        _folder = new OpenDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _toValid = new PreparedRename(path + WorkerConfiguration.InvalidStateEnding, path);
        _toInvalid = new PreparedRename(path, path + WorkerConfiguration.InvalidStateEnding);
    }

    /// <summary>The renames that a locked-down worker must still be able to do.</summary>
    public IReadOnlyList<PreparedRename> Renames => [_toValid, _toInvalid];

    /// <summary>Opens the saved state that a run goes on from, or makes an empty file for one.</summary>
    /// <exception cref="IOException">The file cannot be opened or made.</exception>
    public static SavedStateFile Open(WorkerConfiguration configuration)
    {
        string path = configuration.SavedStateFile!;
        FileStreamOptions options = new()
        {
            Mode = configuration.RestoreSavedState ? FileMode.Open : FileMode.Create,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,

            // What is written comes in large pieces; and a buffer that cannot be written would be tried again at each later use.
            BufferSize = 0,
            UnixCreateMode = configuration.RestoreSavedState ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        FileStream file = new(configuration.RestoreSavedState ? path : path + WorkerConfiguration.InvalidStateEnding, options);
        try
        {
            return new SavedStateFile(path, configuration.Id, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Saves a machine, durably, and ends it; if that fails, the machine goes on as it was.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="flushDisks">Makes durable what the saved state relies on.</param>
    /// <exception cref="InvalidOperationException">The machine neither runs nor is paused.</exception>
    /// <exception cref="IOException">The state cannot be written.</exception>
    public void Save(PcMachine machine, Action flushDisks)
    {
        lock (_lock)
        {
            if (_saved)
            {
                throw new InvalidOperationException("The machine has been saved.");
            }

            try
            {
                Begin();
                machine.SaveAndEnd(_file, () =>
                {
                    flushDisks();
                    _file.Flush(flushToDisk: true);
                    Move(_toValid, _toInvalid);
                    _saved = true;
                });
            }
            catch (Exception e)
            {
                Clear();
                if (e is not InvalidOperationException)
                {
                    throw new IOException(
                        $"The state cannot be saved to '{_path}': {e.Message} The virtual machine goes on as before. "
                        + "See that the disk has room for the virtual machine's memory, and try again.", e);
                }

                throw;
            }
        }
    }

    /// <summary>
    /// Writes the state of a paused machine for somebody to copy; the machine stays as it is. The file does not get its name: the machine
    /// goes on from this state, so it must not be started from it.
    /// </summary>
    /// <param name="machine">The machine.</param>
    /// <param name="flushDisks">Makes durable what the saved state relies on.</param>
    /// <exception cref="InvalidOperationException">The machine is not paused.</exception>
    /// <exception cref="IOException">The state cannot be written.</exception>
    public void Capture(PcMachine machine, Action flushDisks)
    {
        lock (_lock)
        {
            try
            {
                Begin();
                machine.Save(_file);
                flushDisks();
                _file.Flush(flushToDisk: true);
            }
            catch (Exception e)
            {
                Clear();
                if (e is not InvalidOperationException)
                {
                    throw new IOException(
                        $"The state cannot be written to '{_path}{WorkerConfiguration.InvalidStateEnding}': {e.Message} "
                        + "See that the disk has room for the virtual machine's memory, and try again.", e);
                }

                throw;
            }
        }
    }

    /// <summary>Reads the header of a saved state, and leaves the stream behind it.</summary>
    /// <param name="file">The file, at its beginning.</param>
    /// <param name="id">The machine that is to go on from it.</param>
    /// <exception cref="InvalidDataException">It is no saved state, or another machine's.</exception>
    public static void ReadHeader(Stream file, Guid id)
    {
        byte[] header = new byte[SavedStateHeader.Length];
        int count = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        Guid saved = SavedStateHeader.Read(header.AsSpan(0, count))
            ?? throw new InvalidDataException("It is not the saved state of a machine, or another version of Nestvisor saved it.");
        if (saved != id)
        {
            throw new InvalidDataException("It is the saved state of another machine.");
        }
    }

    /// <summary>Restores a machine, which then is paused. From then on the file is no saved state any more.</summary>
    /// <exception cref="ConfigurationException">The state cannot be restored; the file is as it was.</exception>
    public void Restore(PcMachine machine)
    {
        try
        {
            ReadHeader(_file, _id);
            machine.Restore(_file);

            // Before the guest runs: it changes its disks, and then what was saved must not be restored again.
            Move(_toInvalid, _toValid);
        }
#pragma warning disable CA1031 // The content is not trusted; whatever comes of it is this error.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new ConfigurationException(
                $"The saved state '{_path}' cannot be restored: {e.Message} It is left as it is. Remove-VMSavedState removes it; the virtual machine then boots anew.", e);
        }
    }

    /// <summary>Gives the file's storage back.</summary>
    public void Clear()
    {
        try
        {
            if (_file.Length != 0)
            {
                _file.SetLength(0);
            }
        }
        catch (IOException)
        {
            // It is only storage: the name says that this is no saved state.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    // What was captured before may be longer than what comes.
    private void Begin()
    {
        _file.Position = 0;
        if (_file.Length != 0)
        {
            _file.SetLength(0);
        }

        _file.Write(SavedStateHeader.Of(_id));
    }

    private void Move(PreparedRename there, PreparedRename back)
    {
        there.Execute();
        try
        {
            _folder.Flush();
        }
        catch (IOException)
        {
            back.Execute();
            throw;
        }
    }
}
