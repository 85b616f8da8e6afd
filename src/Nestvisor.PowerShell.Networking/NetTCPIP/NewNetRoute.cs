using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>New-NetRoute: adds a route.</summary>
/// <remarks>
/// Nestvisor keeps the routes over the host's ports on virtual switches and sets them again when the host has been started anew. Those over other adapters it sets in the kernel only, which a warning says.
/// </remarks>
/// <example>
/// A route to another network behind the switch VmNAT.
/// <code>New-NetRoute 192.168.200.0/24 -InterfaceAlias "vEthernet (VmNAT)" -NextHop 192.168.100.2</code>
/// </example>
[Cmdlet(VerbsCommon.New, "NetRoute", DefaultParameterSetName = AliasSet, SupportsShouldProcess = true)]
[OutputType(typeof(NetRoute))]
public sealed class NewNetRoute : CimCmdlet
{
    private const string AliasSet = "ByInterfaceAlias";
    private const string IndexSet = "ByInterfaceIndex";

    /// <summary>Where the route leads, such as 10.0.0.0/8.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string DestinationPrefix { get; set; } = "";

    /// <summary>Name of the interface. The kernel's name is found too.</summary>
    [Parameter(ParameterSetName = AliasSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    [ValidateNotNullOrEmpty]
    public string? InterfaceAlias { get; set; }

    /// <summary>IPv4 or IPv6, as the address is.</summary>
    [Parameter]
    public AddressFamily? AddressFamily { get; set; }

    /// <summary>Address of the next hop; on the link if not given.</summary>
    [Parameter]
    public string? NextHop { get; set; }

    /// <summary>ActiveStore for an adapter that is not Nestvisor's; else not supported.</summary>
    [Parameter]
    public string? PolicyStore { get; set; }

    /// <summary>Whether it is advertised. Routes are not: No.</summary>
    [Parameter]
    [Unsupported("routes are not advertised.", Except = NetworkCommands.Publish.No)]
    public Publish? Publish { get; set; }

    /// <summary>Routes with a smaller metric come first.</summary>
    [Parameter]
    public ushort? RouteMetric { get; set; }

    /// <summary>Who made it: NetMgmt.</summary>
    [Parameter]
    [Unsupported("other protocols mark what their daemons have made.", Except = RouteProtocol.NetMgmt)]
    public RouteProtocol? Protocol { get; set; }

    /// <summary>How long it is valid for.</summary>
    [Parameter]
    public TimeSpan? ValidLifetime { get; set; }

    /// <summary>How long it is preferred for.</summary>
    [Parameter]
    [Unsupported("routes of Linux have one lifetime. Use -ValidLifetime.")]
    public TimeSpan? PreferredLifetime { get; set; }

    /// <summary>Number of the interface.</summary>
    [Parameter(ParameterSetName = IndexSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint? InterfaceIndex { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetRoute.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        string destination = Prefix.Network(DestinationPrefix, "DestinationPrefix");
        AddressFamily family = Prefix.FamilyOf(destination);
        string hop = NextHop is null ? family == NetworkCommands.AddressFamily.IPv4 ? "0.0.0.0" : "::" : Prefix.Address(NextHop, "NextHop").ToString();
        if ((AddressFamily ?? family) != family || Prefix.FamilyOf(hop) != family)
        {
            throw ApiException.InvalidArgument($"Inconsistent parameters: {destination}, next hop {hop} and {AddressFamily ?? family} are not of one family.");
        }

        NetworkState state = LoadState();
        NetAdapter adapter = state.Find(ParameterSetName == AliasSet ? InterfaceAlias : null, InterfaceIndex);
        StoreRules.Check(PolicyStore, adapter);
        HostRouteRequest request = new()
        {
            InterfaceIndex = (int)adapter.InterfaceIndex,
            DestinationPrefix = destination,
            NextHop = hop,
            Metric = RouteMetric,
            ValidSeconds = StoreRules.Seconds(ValidLifetime),
        };
        if (ShouldProcess($"{adapter.Name} {destination}", MyInvocation.MyCommand.Name))
        {
            new HostAdapterChange(Client, Warn, Cancellation).Add(adapter, request);
            Write(state.Routes().Where(added => added.InterfaceIndex == adapter.InterfaceIndex && added.DestinationPrefix == destination && added.NextHop == hop));
        }
    }
}
