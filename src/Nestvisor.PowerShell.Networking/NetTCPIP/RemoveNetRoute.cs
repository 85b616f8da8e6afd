using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Remove-NetRoute: removes routes.</summary>
/// <remarks>
/// Of routes over adapters that are not Nestvisor's it removes only those that are named, by their destination, their next hop or the adapter. It asks for each, unless -Confirm:$false is given.
/// </remarks>
/// <example>
/// Removes a route without asking.
/// <code>Remove-NetRoute 192.168.200.0/24 -Confirm:$false</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "NetRoute", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveNetRoute : CimCmdlet, INetRouteFilter
{
    private const string NameSet = "ByName";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Where routes lead, such as 10.0.0.0/8; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0)]
    public string[]? DestinationPrefix { get; set; }

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>Addresses of next hops; 0.0.0.0 or :: on the link.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public string[]? NextHop { get; set; }

    /// <summary>IPv4 or IPv6.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public AddressFamily[]? AddressFamily { get; set; }

    /// <summary>Whether it is advertised. Routes are not: No.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public Publish[]? Publish { get; set; }

    /// <summary>Routes with a smaller metric come first.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public ushort[]? RouteMetric { get; set; }

    /// <summary>Who made it.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public RouteProtocol[]? Protocol { get; set; }

    /// <summary>The compartment. There is one, 1.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? CompartmentId { get; set; }

    /// <summary>How long it is valid for.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public TimeSpan[]? ValidLifetime { get; set; }

    /// <summary>How long it is preferred for.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public TimeSpan[]? PreferredLifetime { get; set; }

    /// <summary>Whether it can be used.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public RouteState[]? State { get; set; }

    /// <summary>The interface's part of the metric. There is none: 0.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? InterfaceMetric { get; set; }

    /// <summary>An object of Get-NetIPInterface.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipeline = true)]
    public NetIPInterface? AssociatedIPInterface { get; set; }

    /// <summary>ActiveStore for what is in use, PersistentStore for what Nestvisor sets again when the host has been started anew.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public string? PolicyStore { get; set; }

    /// <summary>Looks at all compartments. There is one.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Objects: routes.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetRoute[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetRoute.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = LoadState();
        HostAdapterChange change = new(Client, Warn, Cancellation);
        bool named = InputObject is not null || DestinationPrefix is not null || NextHop is not null || InterfaceAlias is not null || InterfaceIndex is not null;
        IReadOnlyList<NetRoute> selected = InputObject ?? this.Find(state, WriteError);
        foreach (NetRoute route in StoreRules.OwnUnlessNamed(selected, route => route.Adapter, named, WriteWarning))
        {
            if (ShouldProcess($"{route.InterfaceAlias} {route.DestinationPrefix}", MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    change.Remove(route);
                    if (PassThru)
                    {
                        Write([route]);
                    }
                });
            }
        }
    }
}
