namespace Nestvisor.Worker.Nesting;

/// <summary>The files of a host, or of a folder that stands for one.</summary>
/// <param name="root">What stands for the root folder; empty for the real one.</param>
internal sealed class HostFiles(string root)
{
    public bool Exists(string path) => Path.Exists(root + path);

    public string? Read(string path)
    {
        try
        {
            return File.ReadAllText(root + path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
