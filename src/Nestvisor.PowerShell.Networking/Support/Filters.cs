using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>Finds what filters ask for.</summary>
internal static class Filters
{
    /// <summary>The addresses that a filter asks for.</summary>
    public static IReadOnlyList<NetIPAddress> Find(this INetIPAddressFilter filter, NetworkState state, Action<ErrorRecord> onError) =>
        new CimQuery<NetIPAddress>(NetIPAddress.CimClass)
            .Like("IPAddress", filter.IPAddress, item => [item.IPAddress, item.Plain])
            .Is("InterfaceIndex", filter.InterfaceIndex, item => item.InterfaceIndex)
            .Like("InterfaceAlias", filter.InterfaceAlias, item => item.Adapter.Names)
            .Is("AddressFamily", filter.AddressFamily, item => item.AddressFamily)
            .Is("Type", filter.Type, item => item.Type)
            .Is("PrefixLength", filter.PrefixLength, item => item.PrefixLength)
            .Is("PrefixOrigin", filter.PrefixOrigin, item => item.PrefixOrigin)
            .Is("SuffixOrigin", filter.SuffixOrigin, item => item.SuffixOrigin)
            .Is("AddressState", filter.AddressState, item => item.AddressState)
            .Is("ValidLifetime", filter.ValidLifetime, item => item.ValidLifetime)
            .Is("PreferredLifetime", filter.PreferredLifetime, item => item.PreferredLifetime)
            .Is("SkipAsSource", filter.SkipAsSource, item => item.SkipAsSource)
            .Run(state.Addresses(filter.PolicyStore).Where(item => Belongs(filter.AssociatedIPInterface, item.InterfaceIndex, item.AddressFamily)), onError);

    /// <summary>The routes that a filter asks for.</summary>
    public static IReadOnlyList<NetRoute> Find(this INetRouteFilter filter, NetworkState state, Action<ErrorRecord> onError) =>
        new CimQuery<NetRoute>(NetRoute.CimClass)
            .Like("DestinationPrefix", filter.DestinationPrefix, item => item.DestinationPrefix)
            .Is("InterfaceIndex", filter.InterfaceIndex, item => item.InterfaceIndex)
            .Like("InterfaceAlias", filter.InterfaceAlias, item => item.Adapter.Names)
            .Like("NextHop", filter.NextHop, item => item.NextHop)
            .Is("AddressFamily", filter.AddressFamily, item => item.AddressFamily)
            .Is("Publish", filter.Publish, item => item.Publish)
            .Is("RouteMetric", filter.RouteMetric?.Select(metric => (uint)metric), item => item.RouteMetric)
            .Is("Protocol", filter.Protocol, item => item.Protocol)
            .Is("CompartmentId", filter.CompartmentId, item => item.CompartmentId)
            .Is("ValidLifetime", filter.ValidLifetime, item => item.ValidLifetime)
            .Is("PreferredLifetime", filter.PreferredLifetime, item => item.PreferredLifetime)
            .Is("State", filter.State, item => item.State)
            .Is("InterfaceMetric", filter.InterfaceMetric, item => item.InterfaceMetric)
            .Run(state.Routes(filter.PolicyStore).Where(item => Belongs(filter.AssociatedIPInterface, item.InterfaceIndex, item.AddressFamily)), onError);

    private static bool Belongs(NetIPInterface? owner, uint index, AddressFamily family) =>
        owner is null || (owner.InterfaceIndex == index && owner.AddressFamily == family);
}
