using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Nestvisor.PowerShell.Tests.Help;

/// <summary>Get-Help of each command. The words come from the comments on its class, see docs/adr/0021-help-from-comments.md.</summary>
public sealed partial class HelpTests : IClassFixture<Session>, IClassFixture<Screen>
{
    private const int Wide = 4000;

    private readonly Session _session;
    private readonly Screen _screen;

    public HelpTests(Session session, Screen screen)
    {
        _session = session;
        _screen = screen;
    }

    public static TheoryData<string> Commands => CommandClasses.Names;

    [Theory]
    [MemberData(nameof(Commands))]
    public void GetHelp_OfACommand_HasSynopsisDescriptionAndExample(string command)
    {
        Assert.Matches(@"^[A-Z][^\n]{10,160}\.$", _session.Text($"(Get-Help {command}).Synopsis"));
        Assert.All(_session.Run($"(Get-Help {command}).description.Text"), paragraph => Assert.Matches(@"^[A-Z].{10,}\.$", paragraph.ToString()));
        Assert.NotEmpty(_session.Run($"(Get-Help {command}).description.Text"));
        Assert.Matches(@"^Example 1: [A-Z].*\.$", _session.Text($"(Get-Help {command}).examples.example.title"));
        Assert.Contains(command, _session.Text($"(Get-Help {command}).examples.example.code"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void GetHelp_OfACommand_DescribesEachParameter(string command)
    {
        CmdletInfo info = (CmdletInfo)Assert.Single(_session.Run($"Get-Command {command}")).BaseObject;
        IEnumerable<string> own = info.Parameters.Keys.Except(Cmdlet.CommonParameters);

        Dictionary<string, string> described = _session.Run($"(Get-Help {command}).parameters.parameter | ForEach-Object {{ $_.name + '=' + $_.description.Text }}")
            .Select(line => line.ToString().Split('=', 2)).ToDictionary(line => line[0], line => line[1]);

        Assert.Equal(own.Order(StringComparer.OrdinalIgnoreCase), described.Keys.Order(StringComparer.OrdinalIgnoreCase));
        Assert.All(described, parameter => Assert.Matches(@"^[A-Z0-9][^\n]{3,}\.$", parameter.Value));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void GetHelp_OfACommand_ShowsTheSyntaxThatItHas(string command)
    {
        string help = _screen.Show($"Get-Help {command}", Wide);
        string syntax = _screen.Show($"Get-Command {command} -Syntax", Wide);

        string shown = help[(help.IndexOf("\nSYNTAX\n", StringComparison.Ordinal) + 8)..help.IndexOf("\nDESCRIPTION\n", StringComparison.Ordinal)];
        Assert.Equal(Lines(syntax), Lines(shown));
    }

    [Fact]
    public void GetHelp_Full_ShowsWhatIsKnownOfAParameter()
    {
        string help = Blanks().Replace(_screen.Show("Get-Help Set-VMProcessor -Full", 120), " ");

        Assert.Contains(
            "-VMName <string[]> Names of virtual machines; wildcards work. Required? true Position? 0 Default value Accept pipeline input? True (ByValue) "
                + "Aliases none Accept wildcard characters? true",
            help,
            StringComparison.Ordinal);
        Assert.Contains("-Perfmon <string[]> Not supported: performance monitoring in the guest. The guest's processor has no", help, StringComparison.Ordinal);
        Assert.Contains("INPUTS Microsoft.HyperV.PowerShell.VirtualMachine System.String", help, StringComparison.Ordinal);
        Assert.Contains("OUTPUTS Microsoft.HyperV.PowerShell.VMProcessor", help, StringComparison.Ordinal);
    }

    [Fact]
    public void GetHelp_ExamplesAndParameter_ShowThem()
    {
        Assert.Contains("Stop-VM L1", _screen.Show("Get-Help Stop-VM -Examples", 120), StringComparison.Ordinal);
        Assert.Contains("Turns the machine off at once", _screen.Show("Get-Help Stop-VM -Parameter TurnOff", 120), StringComparison.Ordinal);
    }

    [Fact]
    public void GetHelp_OfTheTopic_IsFound() =>
        Assert.Contains("virtual machines in", _screen.Show("Get-Help about_Nestvisor", 120), StringComparison.Ordinal);

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
