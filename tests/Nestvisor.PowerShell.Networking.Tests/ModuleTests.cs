using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Xml.Linq;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>One assembly in five modules.</summary>
public sealed class ModuleTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ModuleTests(Session session) => _session = session;

    public static TheoryData<string> Modules => [.. Session.Modules];

    private static IEnumerable<Type> Classes => typeof(NetAdapter).Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && Attribute.IsDefined(type, typeof(CmdletAttribute)));

    [Fact]
    public void Modules_Together_ExportEachCommandOnce()
    {
        string[] exported = [.. Session.Modules.SelectMany(module => _session.Run($"(Get-Command -Module {module} -CommandType Cmdlet).Name")).Select(name => name.ToString())];

        Assert.Equal(Classes.Select(NameOf).Order(StringComparer.Ordinal), exported.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void Module_ImportedAlone_HasItsCommandsOnly(string module)
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(runspace);

        string[] names = [.. shell.AddScript($"Import-Module '{AppContext.BaseDirectory}Modules/{module}'; (Get-Command -Module {module} -CommandType Cmdlet).Name").Invoke().Select(name => name.ToString())];

        Assert.Empty(shell.Streams.Error);
        Assert.Equal(_session.Run($"(Get-Command -Module {module} -CommandType Cmdlet).Name").Select(name => name.ToString()), names);
        Assert.Equal(names.Length, Classes.Select(NameOf).Count(name => runspace.SessionStateProxy.InvokeCommand.GetCommand(name, CommandTypes.Cmdlet) is { ModuleName: var from } && from == module));
    }

    [Theory]
    [InlineData("Get-NetNat", "NetNat")]
    [InlineData("get-netipaddress", "NetTCPIP")]
    [InlineData("Get-NetAdapter", "NetAdapter")]
    [InlineData("Set-DnsClientServerAddress", "DnsClient")]
    [InlineData("Netsh", "Netsh")]
    public void Command_OfAModuleInThePath_IsFound(string command, string module)
    {
        string? old = Environment.GetEnvironmentVariable("PSModulePath");
        Environment.SetEnvironmentVariable("PSModulePath", Path.Combine(AppContext.BaseDirectory, "Modules"));
        try
        {
            using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
            runspace.Open();
            using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(runspace);

            Assert.Equal(module, Assert.Single(shell.AddScript($"(Get-Command {command}).ModuleName").Invoke()).ToString());
        }
        finally
        {
            Environment.SetEnvironmentVariable("PSModulePath", old);
        }
    }

    [Theory]
    [InlineData("NetAdapter", "NetAdapter", "Name InterfaceDescription ifIndex Status MacAddress LinkSpeed")]
    [InlineData("NetTCPIP", "NetIPInterface", "ifIndex InterfaceAlias AddressFamily NlMtu(Bytes) InterfaceMetric Dhcp ConnectionState PolicyStore")]
    [InlineData("NetTCPIP", "NetRoute", "ifIndex DestinationPrefix NextHop RouteMetric ifMetric PolicyStore")]
    [InlineData("DnsClient", "DnsClientServerAddress", "InterfaceAlias Interface-Index Address-Family ServerAddresses")]
    public void Tables_Columns_AreWindows(string module, string type, string columns) => Assert.Equal(
        columns.Split(' '),
        Views(module).Where(view => Selects(view, type)).Descendants("TableColumnHeader").Select(header => header.Element("Label")!.Value.Replace(' ', '-')));

    [Fact]
    public void Views_Properties_Exist()
    {
        int seen = 0;
        foreach (Type type in typeof(NetAdapter).Assembly.GetExportedTypes())
        {
            foreach (XElement name in Session.Modules.SelectMany(Views).Where(view => Selects(view, type.Name)).Descendants("PropertyName"))
            {
                Assert.NotNull(type.GetProperty(name.Value));
                seen++;
            }
        }

        Assert.True(seen > 40, $"only {seen} properties of views have been looked at");
    }

    [Theory]
    [InlineData("New-NetNat x -ExternalIPInterfaceAddressPrefix 10.0.0.0/24", "-ExternalIPInterfaceAddressPrefix")]
    [InlineData("New-NetNat x -InternalRoutingDomainId '{1}'", "-InternalRoutingDomainId")]
    [InlineData("Set-NetNat x -IcmpQueryTimeout 5", "-IcmpQueryTimeout")]
    [InlineData("Set-NetNat x -TcpFilteringBehavior EndpointIndependentFiltering", "-TcpFilteringBehavior")]
    [InlineData("Set-NetNat x -UdpInboundRefresh $false", "-UdpInboundRefresh")]
    [InlineData("Set-NetNatGlobal -InterRoutingDomainHairpinningMode External", "-InterRoutingDomainHairpinningMode")]
    [InlineData("Set-NetAdapter x -VlanID 5", "-VlanID")]
    [InlineData("New-NetIPAddress 10.0.0.1 -InterfaceAlias x -Type Anycast", "-Type")]
    [InlineData("New-NetIPAddress 10.0.0.1 -InterfaceAlias x -SkipAsSource $true", "-SkipAsSource")]
    [InlineData("New-NetRoute 10.0.0.0/8 -InterfaceAlias x -Publish Yes", "-Publish")]
    [InlineData("New-NetRoute 10.0.0.0/8 -InterfaceAlias x -Protocol Rip", "-Protocol")]
    [InlineData("Set-NetIPInterface x -InterfaceMetric 5", "-InterfaceMetric")]
    [InlineData("Set-NetIPInterface x -WeakHostSend Disabled", "-WeakHostSend")]
    [InlineData("Set-NetIPInterface x -EcnMarking UseEct1", "-EcnMarking")]
    [InlineData("Get-NetIPInterface -AssociatedNeighbor 1", "-AssociatedNeighbor")]
    [InlineData("Test-NetConnection x -DiagnoseRouting", "-DiagnoseRouting")]
    public void Parameter_ThatCannotBeHonoured_IsRefusedByName(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("NotSupported,Nestvisor.NetworkCommands.Commands.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.NotImplemented, error.CategoryInfo.Category);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    private static string NameOf(Type type)
    {
        CmdletAttribute cmdlet = (CmdletAttribute)Attribute.GetCustomAttribute(type, typeof(CmdletAttribute))!;
        Assert.Equal($"Nestvisor.NetworkCommands.Commands.{cmdlet.VerbName}{cmdlet.NounName}", type.FullName);
        return $"{cmdlet.VerbName}-{cmdlet.NounName}";
    }

    private static bool Selects(XElement view, string type) => view.Descendants("TypeName").Any(name => name.Value == "Nestvisor.NetworkCommands." + type);

    private static IEnumerable<XElement> Views(string module)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Modules", module, module + ".format.ps1xml");
        return File.Exists(file) ? XDocument.Load(file).Descendants("View") : [];
    }
}
