using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>Get-Help of each command, whose words come from the comments on its class.</summary>
public sealed class HelpTests : IClassFixture<Session>
{
    private readonly Session _session;

    public HelpTests(Session session) => _session = session;

    public static TheoryData<string> Commands => [.. typeof(NetAdapter).Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && Attribute.IsDefined(type, typeof(CmdletAttribute)))
        .Select(type => (CmdletAttribute)Attribute.GetCustomAttribute(type, typeof(CmdletAttribute))!)
        .Select(cmdlet => $"{cmdlet.VerbName}-{cmdlet.NounName}")];

    [Theory]
    [MemberData(nameof(Commands))]
    public void GetHelp_OfACommand_HasSynopsisDescriptionAndExample(string command)
    {
        Assert.Matches(@"^[A-Z][^\n]{10,160}\.$", _session.Text($"(Get-Help {command}).Synopsis"));
        Assert.NotEmpty(_session.Run($"(Get-Help {command}).description.Text"));
        Assert.Contains(command.Replace("Invoke-Netsh", "netsh", StringComparison.Ordinal), _session.Text($"(Get-Help {command}).examples.example.code"), StringComparison.Ordinal);
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
}
