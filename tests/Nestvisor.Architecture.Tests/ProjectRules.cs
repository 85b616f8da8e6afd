namespace Nestvisor.Architecture.Tests;

/// <summary>Which project may reference which, lowest first: the table of docs/architecture.md.</summary>
internal static class ProjectRules
{
    /// <summary>Each project of <c>src</c> with the projects and the packages that it may reference.</summary>
    public static IReadOnlyList<(string Project, string[] Projects, string[] Packages)> All { get; } =
    [
        ("Nestvisor.Platform", [], []),
        ("Nestvisor.X64", [], []),
        ("Nestvisor.Virtualization", ["Platform", "X64"], []),
        ("Nestvisor.Engine.Kvm", ["Virtualization", "Platform", "X64"], []),
        ("Nestvisor.Engine.Software", ["Virtualization", "Platform", "X64"], ["Iced"]),
        ("Nestvisor.Storage", ["Platform"], []),
        ("Nestvisor.Networking", ["Platform"], []),
        ("Nestvisor.Devices", ["Virtualization", "Storage", "Networking"], []),
        ("Nestvisor.Machine", ["Virtualization", "Devices"], []),
        ("Nestvisor.Api", [], []),
        (
            "Nestvisor.Worker",
            ["Api", "Platform", "X64", "Virtualization", "Engine.Kvm", "Engine.Software", "Storage", "Networking", "Devices", "Machine"],
            ["System.CommandLine"]),
        ("Nestvisor.Management", ["Api", "Storage", "Networking", "Platform"], ["Microsoft.AspNetCore.App"]),
        ("Nestvisor.PowerShell", ["Api"], ["System.Management.Automation"]),
        ("Nestvisor.PowerShell.Networking", ["Api"], ["System.Management.Automation"]),
        ("Nestvisor.Shell", ["PowerShell", "PowerShell.Networking", "Api"], ["System.Management.Automation"]),
        ("Nestvisor.Shell.Utility", [], ["System.Management.Automation"]),
        ("Nestvisor.Shell.Management", [], ["System.Management.Automation"]),
    ];

    /// <summary>The projects that may hold unsafe code.</summary>
    public static IReadOnlyList<string> Unsafe { get; } =
        ["Nestvisor.Platform", "Nestvisor.Virtualization", "Nestvisor.Engine.Kvm", "Nestvisor.Engine.Software"];

    /// <summary>Full names of the projects that one may reference.</summary>
    public static IEnumerable<string> Allowed(string project) => Find(project).Projects.Select(name => "Nestvisor." + name);

    /// <summary>The packages that one may reference.</summary>
    public static IEnumerable<string> AllowedPackages(string project) => Find(project).Packages;

    /// <summary>The projects whose types one can see: what it references, and what those reference.</summary>
    public static IReadOnlySet<string> Reachable(string project)
    {
        HashSet<string> reachable = [];
        Stack<string> left = new(Allowed(project));
        while (left.TryPop(out string? next))
        {
            if (reachable.Add(next))
            {
                foreach (string name in Allowed(next))
                {
                    left.Push(name);
                }
            }
        }

        return reachable;
    }

    private static (string Project, string[] Projects, string[] Packages) Find(string project) =>
        All.SingleOrDefault(rule => rule.Project == project) is { Project: not null } rule
            ? rule
            : throw new InvalidOperationException($"ProjectRules says nothing about {project}. Add it there and to docs/architecture.md.");
}
