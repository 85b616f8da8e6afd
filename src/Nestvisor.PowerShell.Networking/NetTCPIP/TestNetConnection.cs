using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Test-NetConnection: tries to reach a computer by ICMP or a TCP port.</summary>
/// <remarks>
/// It tests from this process, that is from the host's own network. A TCP port that cannot be reached is pinged too, as in Windows. Connections are waited for as long as the kernel does, pings four seconds.
/// </remarks>
/// <example>
/// Whether SSH answers in the virtual machine.
/// <code>Test-NetConnection 192.168.100.2 -Port 22</code>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "NetConnection", DefaultParameterSetName = PingSet)]
[OutputType(typeof(NetConnectionResults))]
[OutputType(typeof(bool))]
public sealed class TestNetConnection : NetworkCmdlet
{
    private const string PingSet = "ICMP";
    private const string CommonPortSet = "CommonTCPPort";
    private const string PortSet = "RemotePort";
    private const string RoutingSet = "NetRouteDiagnostics";

    /// <summary>Name or address of the computer; internetbeacon.msedge.net if not given, as in Windows.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("RemoteAddress", "cn")]
    public string? ComputerName { get; set; }

    /// <summary>Writes the routers on the way.</summary>
    [Parameter(ParameterSetName = PingSet)]
    public SwitchParameter TraceRoute { get; set; }

    /// <summary>How many routers to look for at most; 30 if not given.</summary>
    [Parameter(ParameterSetName = PingSet)]
    public int? Hops { get; set; }

    /// <summary>Detailed for all that is known, Quiet for true or false.</summary>
    [Parameter]
    [ValidateSet("Detailed", "Quiet")]
    public string? InformationLevel { get; set; }

    /// <summary>A port by its service: HTTP 80, RDP 3389, SMB 445, WINRM 5985.</summary>
    [Parameter(ParameterSetName = CommonPortSet, Mandatory = true, Position = 1)]
    [ValidateSet("SMB", "HTTP", "RDP", "WINRM")]
    [ValidateNotNullOrEmpty]
    public string? CommonTCPPort { get; set; }

    /// <summary>A TCP port.</summary>
    [Parameter(ParameterSetName = PortSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("RemotePort")]
    public int? Port { get; set; }

    /// <summary>Not supported: a diagnosis of routing.</summary>
    [Parameter(ParameterSetName = RoutingSet, Mandatory = true)]
    [Unsupported("there is no diagnosis of routing. Use ip route get ADDRESS.")]
    public SwitchParameter DiagnoseRouting { get; set; }

    /// <summary>Not supported: a source address for the diagnosis of routing.</summary>
    [Parameter(ParameterSetName = RoutingSet)]
    [Unsupported("there is no diagnosis of routing. Use ip route get ADDRESS.")]
    public string? ConstrainSourceAddress { get; set; }

    /// <summary>Not supported: an interface for the diagnosis of routing.</summary>
    [Parameter(ParameterSetName = RoutingSet)]
    [Unsupported("there is no diagnosis of routing. Use ip route get ADDRESS.")]
    public uint? ConstrainInterface { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => "NetConnectionResults";

    private const string DefaultComputer = "internetbeacon.msedge.net";
    private const int DefaultHops = 30;

    /// <inheritdoc/>
    private protected override void Process()
    {
        string name = ComputerName ?? DefaultComputer;
        ConnectionTester tester = new(Cancellation, WriteWarning);
        NetConnectionResults results = new(name);
        if (tester.Resolve(name) is { } address)
        {
            results.RemoteAddress = address;
            results.NameResolutionSucceeded = true;
            FindWay(results, address);
            Test(tester, results, address);
        }

        WriteObject(InformationLevel == "Quiet" ? results.Succeeded : results.Wrap());
    }

    private void Test(ConnectionTester tester, NetConnectionResults results, System.Net.IPAddress address)
    {
        int? port = ParameterSetName switch
        {
            PortSet => Port is > 0 and <= ushort.MaxValue ? Port : throw ApiException.InvalidArgument($"-Port {Port}: a TCP port is 1 to 65535."),
            CommonPortSet => CommonTCPPort?.ToUpperInvariant() switch { "HTTP" => 80, "RDP" => 3389, "SMB" => 445, _ => 5985 },
            _ => null,
        };
        if (port is { } tcp)
        {
            results.RemotePort = (uint)tcp;
            results.TcpTestSucceeded = tester.Connect(address, tcp);
            if (results.TcpTestSucceeded.Value)
            {
                return;
            }
        }

        results.PingReplyDetails = tester.Ping(address);
        if (TraceRoute)
        {
            int hops = Hops ?? DefaultHops;
            results.TraceRoute = tester.Trace(address, hops is > 0 and < 256 ? hops : throw ApiException.InvalidArgument($"-Hops {hops}: a number of hops is 1 to 255."));
        }
    }

    // The kernel says from which address it would send, and the addresses belong to interfaces.
    private void FindWay(NetConnectionResults results, System.Net.IPAddress address)
    {
        if (ConnectionTester.SourceOf(address) is not { } source)
        {
            return;
        }

        NetworkState state = LoadState();
        if (state.IsUsers
            && state.Addresses().FirstOrDefault(own => own.Adapter.IsHostPort && Prefix.IsNeighbour(address, System.Net.IPAddress.Parse(own.Plain), own.PrefixLength)) is { } port)
        {
            WriteWarning(
                $"{address} is in the network of '{port.InterfaceAlias}', which is in this user's own network namespace. This command runs in the host's network, and reaches it from there only.");
        }

        results.SourceAddress = state.Addresses().FirstOrDefault(own => System.Net.IPAddress.Parse(own.Plain).Equals(source));
        results.NetAdapter = results.SourceAddress?.Adapter;
    }
}
