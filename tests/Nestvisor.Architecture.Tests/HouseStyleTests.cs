using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nestvisor.Architecture.Tests;

/// <summary>Rules of CONTRIBUTING.md that the compiler does not hold.</summary>
public sealed partial class HouseStyleTests
{
    private const int LongestFile = 600;

    [Fact]
    public void Solution_Projects_AreAllThere()
    {
        IEnumerable<string> listed = XElement.Parse(Repository.Read("Nestvisor.slnx")).Descendants("Project").Select(project => project.Attribute("Path")!.Value);

        Assert.Equal(
            Repository.Sources.Concat(Repository.Tests).Select(project => project.FilePath).Order(StringComparer.Ordinal),
            listed.Where(path => path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("tests/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Packages_Versions_AreInOnePlace() =>
        Assert.Empty(Repository.Sources.Concat(Repository.Tests).Where(project => project.HasOwnVersions).Select(project => project.FilePath));

    [Fact]
    public void Packages_Listed_AreUsedAndExplained()
    {
        string decision = Repository.Read("docs/adr/0002-libraries.md");
        HashSet<string> used = [.. Repository.Sources.Concat(Repository.Tests).SelectMany(project => project.PackageReferences), "xunit.v3.mtp-v2"];
        foreach (XElement package in XElement.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion"))
        {
            string name = package.Attribute("Include")!.Value;
            Assert.Contains(name, used);
            Assert.Contains($"`{name}`", decision, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void CodeFile_Length_StaysBelowTheLimit() =>
        Assert.Equal([], CodeFiles().Where(file => Repository.Read(file).AsSpan().Count('\n') > LongestFile));

    [Fact]
    public void CodeFile_Namespace_IsFileScoped() =>
        Assert.Equal([], CodeFiles().Where(file => BlockNamespace().IsMatch(Repository.Read(file))));

    [Fact]
    public void CodeFile_MissingCapability_IsAnErrorNotAPlaceholder() =>
        Assert.Equal([], CodeFiles().Where(file => !file.EndsWith("/HouseStyleTests.cs", StringComparison.Ordinal) && Placeholder().IsMatch(Repository.Read(file))));

    [Fact]
    public void Tests_Waiting_IsForConditionsNotForTime() =>
        Assert.Equal([], CodeFiles().Where(file => IsTest(file) && FixedWait().IsMatch(Repository.Read(file))));

    [Fact]
    public void Tests_Names_AreSubjectConditionResult()
    {
        List<string> wrong = [];
        foreach (string file in CodeFiles().Where(IsTest))
        {
            wrong.AddRange(TestMethod().Matches(Repository.Read(file))
                .Select(match => match.Groups[1].Value)
                .Where(name => name.Split('_') is not { Length: 2 or 3 })
                .Select(name => $"{file}: {name}"));
        }

        Assert.Empty(wrong);
    }

    private static bool IsTest(string file) =>
        file.StartsWith("tests/", StringComparison.Ordinal) && !file.EndsWith("/HouseStyleTests.cs", StringComparison.Ordinal);

    private static IEnumerable<string> CodeFiles() => Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"));

    [GeneratedRegex(@"^namespace [\w.]+\s*\{", RegexOptions.Multiline)]
    private static partial Regex BlockNamespace();

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"Thread\.Sleep\(|Task\.Delay\((?!Timeout\.Infinite)")]
    private static partial Regex FixedWait();

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\n]*\n(?:\s*\[[^\n]*\n)*\s*public (?:static )?(?:async )?\w+ (\w+)\(")]
    private static partial Regex TestMethod();
}
