using System.Xml.Linq;

namespace Nestvisor.Architecture.Tests;

/// <summary>What a project file says.</summary>
internal sealed class ProjectFile
{
    private readonly XElement _root;

    private ProjectFile(string path)
    {
        FilePath = path;
        _root = XElement.Parse(Repository.Read(path));
    }

    /// <summary>The file, relative to the root.</summary>
    public string FilePath { get; }

    /// <summary>The project's name.</summary>
    public string Name => Path.GetFileNameWithoutExtension(FilePath);

    /// <summary>Name of the assembly.</summary>
    public string AssemblyName => Property("AssemblyName") ?? Name;

    /// <summary>Whether the project asks for unsafe code.</summary>
    public bool AllowsUnsafeCode => Property("AllowUnsafeBlocks") is { } value && bool.Parse(value);

    /// <summary>Names of the projects that it references, but for programs that only its build runs.</summary>
    public IReadOnlyList<string> ProjectReferences =>
        [.. Items("ProjectReference", item => item.Attribute("ReferenceOutputAssembly")?.Value != "false").Select(path => Path.GetFileNameWithoutExtension(path))];

    /// <summary>Names of the packages and shared frameworks that it references.</summary>
    public IReadOnlyList<string> PackageReferences => [.. Items("PackageReference"), .. Items("FrameworkReference")];

    /// <summary>Whether a package is referenced with a version of its own.</summary>
    public bool HasOwnVersions => _root.Descendants("PackageReference").Any(item => item.Attribute("Version") is not null || item.Element("Version") is not null);

    /// <summary>Reads a file.</summary>
    public static ProjectFile Read(string path) => new(path);

    private string? Property(string name) => _root.Descendants(name).SingleOrDefault()?.Value;

    private IEnumerable<string> Items(string kind, Func<XElement, bool>? choice = null) =>
        _root.Descendants(kind).Where(item => choice?.Invoke(item) ?? true).Attributes("Include").Select(attribute => attribute.Value);
}
