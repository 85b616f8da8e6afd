namespace Nestvisor.Architecture.Tests;

/// <summary>The check-out that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The projects in <c>src</c>.</summary>
    public static IReadOnlyList<ProjectFile> Sources { get; } = ReadProjects("src");

    /// <summary>The projects in <c>tests</c>.</summary>
    public static IReadOnlyList<ProjectFile> Tests { get; } = ReadProjects("tests");

    /// <summary>Files below a folder of the check-out, without what a build or a tool has put there; paths are relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(Root, file);
            if (!relative.Split('/').Any(part => part is "artifacts" or "obj" or "bin" or "TestResults" or ".git"))
            {
                yield return relative;
            }
        }
    }

    /// <summary>The text of a file.</summary>
    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    private static ProjectFile[] ReadProjects(string folder) =>
        [.. Files(folder, "*.csproj").Order(StringComparer.Ordinal).Select(ProjectFile.Read)];

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Nestvisor.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above '{AppContext.BaseDirectory}' holds Nestvisor.slnx.");
    }
}
