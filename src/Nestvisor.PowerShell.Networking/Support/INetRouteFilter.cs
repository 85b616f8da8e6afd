namespace Nestvisor.NetworkCommands.Support;

/// <summary>The parameters that choose routes.</summary>
internal interface INetRouteFilter
{
    string[]? DestinationPrefix { get; }

    uint[]? InterfaceIndex { get; }

    string[]? InterfaceAlias { get; }

    string[]? NextHop { get; }

    AddressFamily[]? AddressFamily { get; }

    Publish[]? Publish { get; }

    ushort[]? RouteMetric { get; }

    RouteProtocol[]? Protocol { get; }

    uint[]? CompartmentId { get; }

    TimeSpan[]? ValidLifetime { get; }

    TimeSpan[]? PreferredLifetime { get; }

    RouteState[]? State { get; }

    uint[]? InterfaceMetric { get; }

    NetIPInterface? AssociatedIPInterface { get; }

    string? PolicyStore { get; }
}
