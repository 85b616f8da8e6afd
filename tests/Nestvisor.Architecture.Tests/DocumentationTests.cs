using System.Text.RegularExpressions;

namespace Nestvisor.Architecture.Tests;

/// <summary>What the documents say about the repository, as far as a program can check it.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void Documents_Links_LeadSomewhere()
    {
        List<string> broken = [];
        foreach (string document in Documents())
        {
            string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
            foreach (Match match in Link().Matches(Repository.Read(document)))
            {
                string target = match.Groups[1].Value.Split('#')[0];
                if (target.Length != 0 && !target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(folder, target)))
                {
                    broken.Add($"{document}: {target}");
                }
            }
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Documents_ReachedFromTheReadme_AreAllOfThem()
    {
        HashSet<string> reached = [];
        Stack<string> left = new(["README.md"]);
        while (left.TryPop(out string? document))
        {
            if (!reached.Add(document))
            {
                continue;
            }

            string text = Repository.Read(document);
            foreach (Match match in NamedDocument().Matches(text).Where(match => File.Exists(Path.Combine(Repository.Root, match.Groups[1].Value))))
            {
                left.Push(match.Groups[1].Value);
            }

            foreach (Match match in Link().Matches(text))
            {
                string target = match.Groups[1].Value.Split('#')[0];
                if (target.EndsWith(".md", StringComparison.Ordinal) && !target.Contains("://", StringComparison.Ordinal))
                {
                    string full = Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target));
                    left.Push(Path.GetRelativePath(Repository.Root, full));
                }
            }
        }

        Assert.Empty(Documents().Except(reached));
    }

    [Theory]
    [InlineData("Nestvisor.PowerShell/Hyper-V.psd1")]
    [InlineData("Nestvisor.PowerShell.Networking/Modules/NetNat/NetNat.psd1")]
    [InlineData("Nestvisor.PowerShell.Networking/Modules/NetAdapter/NetAdapter.psd1")]
    [InlineData("Nestvisor.PowerShell.Networking/Modules/NetTCPIP/NetTCPIP.psd1")]
    [InlineData("Nestvisor.PowerShell.Networking/Modules/DnsClient/DnsClient.psd1")]
    [InlineData("Nestvisor.PowerShell.Networking/Modules/Netsh/Netsh.psd1")]
    public void Commands_OfAModule_AreDocumented(string module)
    {
        string commands = Repository.Read("docs/commands.md");
        string manifest = Repository.Read("src/" + module);
        string exported = manifest[manifest.IndexOf("CmdletsToExport", StringComparison.Ordinal)..];

        string[] names = [.. CommandName().Matches(exported).Select(match => match.Groups[1].Value)];

        Assert.NotEmpty(names);
        Assert.Equal([], names.Where(name => !commands.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void Documents_Commands_AreInTheModules()
    {
        HashSet<string> known = [.. Repository.Sources
            .SelectMany(project => Repository.Files(Path.GetDirectoryName(project.FilePath)!, "*.psd1"))
            .SelectMany(manifest => CommandName().Matches(Repository.Read(manifest)))
            .Select(match => match.Groups[1].Value)];
        List<string> unknown = [];
        foreach (string document in Documents())
        {
            // Commands at the beginning of a line of an example.
            foreach (Match block in Example().Matches(Repository.Read(document)))
            {
                unknown.AddRange(FirstWord().Matches(block.Groups[1].Value)
                    .Select(match => match.Groups[1].Value)
                    .Where(name => !known.Contains(name))
                    .Select(name => $"{document}: {name}"));
            }
        }

        Assert.Empty(unknown);
    }

    // "No claim without a test": the tests that a document names exist.
    [Fact]
    public void Documents_TestsNamed_Exist()
    {
        string[] tests = [.. Repository.Files("tests", "*.cs").Select(Repository.Read)];
        List<string> unknown = [];
        foreach (string document in Documents())
        {
            foreach (Match match in TestName().Matches(Repository.Read(document)))
            {
                string declaration = $"class {match.Groups[1].Value}";
                string method = match.Groups[2].Value;
                if (!tests.Any(text => text.Contains(declaration, StringComparison.Ordinal) && text.Contains(method, StringComparison.Ordinal)))
                {
                    unknown.Add($"{document}: {match.Value}");
                }
            }
        }

        Assert.Empty(unknown);
    }

    private static IEnumerable<string> Documents() =>
        Repository.Files("docs", "*.md").Concat(Directory.EnumerateFiles(Repository.Root, "*.md").Select(file => Path.GetFileName(file)));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"'([A-Z][A-Za-z]*-[A-Z][A-Za-z]*)'")]
    private static partial Regex CommandName();

    [GeneratedRegex(@"`(docs/[\w./-]+\.md)`")]
    private static partial Regex NamedDocument();

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"```powershell\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"^([A-Z][a-z]+-[A-Z][A-Za-z]*)\b", RegexOptions.Multiline)]
    private static partial Regex FirstWord();
}
