namespace Nestvisor.Management.Transfers;

/// <summary>Names of files and folders that are made of names of machines and of other files.</summary>
internal static class FileNames
{
    /// <summary>A folder's name for a machine: its own, but for what a folder cannot be called.</summary>
    public static string ForMachine(string name)
    {
        string safe = name.Replace('/', '_').Trim();
        return safe is "." or ".." ? "_" + safe : safe;
    }

    /// <summary>The name of a file, made different from those that are taken.</summary>
    public static string Unique(string path, HashSet<string> taken)
    {
        string name = Path.GetFileName(path);
        string unique = name;
        for (int i = 1; !taken.Add(unique); i++)
        {
            unique = $"{Path.GetFileNameWithoutExtension(name)}-{i}{Path.GetExtension(name)}";
        }

        return unique;
    }
}
