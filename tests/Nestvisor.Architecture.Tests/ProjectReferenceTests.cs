using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Nestvisor.Architecture.Tests;

/// <summary>The boundaries between the projects, in the project files and in what was compiled from them.</summary>
public sealed class ProjectReferenceTests
{
    public static TheoryData<string> Projects => [.. Repository.Sources.Select(project => project.Name)];

    [Fact]
    public void Rules_AllProjects_AreTheOnesInSrc() =>
        Assert.Equal(
            Repository.Sources.Select(project => project.Name).Order(StringComparer.Ordinal),
            ProjectRules.All.Select(rule => rule.Project).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectFile_References_AreAllowedOnes(string name) =>
        Assert.Empty(Find(name).ProjectReferences.Except(ProjectRules.Allowed(name)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectFile_Packages_AreAllowedOnes(string name) =>
        Assert.Empty(Find(name).PackageReferences.Except(ProjectRules.AllowedPackages(name)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assembly_References_AreReachableProjects(string name)
    {
        Dictionary<string, string> projects = Repository.Sources.ToDictionary(project => project.AssemblyName, project => project.Name);

        IEnumerable<string> used = References(Find(name)).Where(projects.ContainsKey).Select(assembly => projects[assembly]);

        Assert.Empty(used.Except(ProjectRules.Reachable(name)));
    }

    [Theory]
    [InlineData("Nestvisor.Devices")]
    [InlineData("Nestvisor.Machine")]
    [InlineData("Nestvisor.Management")]
    [InlineData("Nestvisor.Shell")]
    public void Assembly_OutsideTheWorker_KnowsNoEngine(string name) =>
        Assert.DoesNotContain(References(Find(name)), reference => reference.StartsWith("Nestvisor.Engine.", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectFile_UnsafeCode_OnlyWhereAllowed(string name) =>
        Assert.Equal(ProjectRules.Unsafe.Contains(name), Find(name).AllowsUnsafeCode);

    // LINQ allocates, which code that a guest waits for must not.
    [Fact]
    public void Assembly_SoftwareEngine_UsesNoLinq() =>
        Assert.DoesNotContain("System.Linq", References(Find("Nestvisor.Engine.Software")));

    [Fact]
    public void TestProject_OfAProject_ReferencesIt()
    {
        HashSet<string> sources = [.. Repository.Sources.Select(project => project.Name)];
        foreach (ProjectFile test in Repository.Tests.Where(test => test.Name.EndsWith(".Tests", StringComparison.Ordinal)))
        {
            string subject = test.Name[..^".Tests".Length];
            if (sources.Contains(subject))
            {
                Assert.Contains(subject, test.ProjectReferences);
            }
        }
    }

    [Fact]
    public void SourceProjects_AllOfThem_HaveATestProject()
    {
        // Two modules of commands are tested through the shell that loads them, the engines' contract through engines and machine.
        string[] testedElsewhere = ["Nestvisor.Shell.Utility", "Nestvisor.Shell.Management", "Nestvisor.Virtualization"];

        IEnumerable<string> untested = Repository.Sources.Select(project => project.Name + ".Tests").Except(Repository.Tests.Select(test => test.Name));

        Assert.Equal(testedElsewhere.Select(name => name + ".Tests").Order(StringComparer.Ordinal), untested.Order(StringComparer.Ordinal));
    }

    private static ProjectFile Find(string name) => Repository.Sources.Single(project => project.Name == name);

    // The compiler keeps only the references whose types are used.
    private static List<string> References(ProjectFile project)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string path = Path.Combine(Repository.Root, "artifacts", "bin", project.Name, configuration, project.AssemblyName + ".dll");
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        List<string> names = [];
        foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
        {
            names.Add(metadata.GetString(metadata.GetAssemblyReference(handle).Name));
        }

        return names;
    }
}
