using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Nestvisor.Api.Worker;
using Nestvisor.Platform;

namespace Nestvisor.Worker.Running;

/// <summary>
/// Leaves behind how a run ended, for a service that was not there to see it. The file is prepared before the process locks itself
/// down; what remains is a write, an fsync and one rename that the filter knows.
/// </summary>
internal sealed class StatusFile : IDisposable
{
    private readonly SafeFileHandle _file;

    public StatusFile(string path)
    {
        string temporary = path + ".tmp";
        _file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.Delete);
        Rename = new PreparedRename(temporary, path);
    }

    public PreparedRename Rename { get; }

    public void Write(WorkerExit exit)
    {
        RandomAccess.Write(_file, JsonSerializer.SerializeToUtf8Bytes(exit, WorkerJsonContext.Default.WorkerExit), 0);
        RandomAccess.FlushToDisk(_file);
        Rename.Execute();
    }

    public void Dispose() => _file.Dispose();
}
