using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetRoute: shows the routes of this host.</summary>
/// <remarks>
/// They are those of the kernel's main table.
/// </remarks>
/// <example>
/// The default routes.
/// <code>Get-NetRoute 0.0.0.0/0</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetRoute")]
[OutputType(typeof(NetRoute))]
public sealed class GetNetRoute : CimCmdlet, INetRouteFilter
{
    /// <summary>Where routes lead, such as 10.0.0.0/8; wildcards work.</summary>
    [Parameter(Position = 0)]
    public string[]? DestinationPrefix { get; set; }

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>Addresses of next hops; 0.0.0.0 or :: on the link.</summary>
    [Parameter]
    public string[]? NextHop { get; set; }

    /// <summary>IPv4 or IPv6.</summary>
    [Parameter]
    public AddressFamily[]? AddressFamily { get; set; }

    /// <summary>Whether it is advertised. Routes are not: No.</summary>
    [Parameter]
    public Publish[]? Publish { get; set; }

    /// <summary>Routes with a smaller metric come first.</summary>
    [Parameter]
    public ushort[]? RouteMetric { get; set; }

    /// <summary>Who made it.</summary>
    [Parameter]
    public RouteProtocol[]? Protocol { get; set; }

    /// <summary>The compartment. There is one, 1.</summary>
    [Parameter]
    public uint[]? CompartmentId { get; set; }

    /// <summary>How long it is valid for.</summary>
    [Parameter]
    public TimeSpan[]? ValidLifetime { get; set; }

    /// <summary>How long it is preferred for.</summary>
    [Parameter]
    public TimeSpan[]? PreferredLifetime { get; set; }

    /// <summary>Whether it can be used.</summary>
    [Parameter]
    public RouteState[]? State { get; set; }

    /// <summary>The interface's part of the metric. There is none: 0.</summary>
    [Parameter]
    public uint[]? InterfaceMetric { get; set; }

    /// <summary>An object of Get-NetIPInterface.</summary>
    [Parameter(ValueFromPipeline = true)]
    public NetIPInterface? AssociatedIPInterface { get; set; }

    /// <summary>ActiveStore for what is in use, PersistentStore for what Nestvisor sets again when the host has been started anew.</summary>
    [Parameter]
    public string? PolicyStore { get; set; }

    /// <summary>Looks at all compartments. There is one.</summary>
    [Parameter]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetRoute.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write(this.Find(LoadState(), WriteError));
}
