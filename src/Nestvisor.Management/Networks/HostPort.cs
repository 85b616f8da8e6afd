using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <summary>An adapter of this host at a switch: the first port, which is the bridge itself, or a further one.</summary>
/// <param name="Switch">The switch.</param>
/// <param name="Adapter">The further adapter; null for the first port.</param>
internal sealed record HostPort(SwitchConfiguration Switch, HostAdapterConfiguration? Adapter)
{
    /// <summary>Its identifier: the first port has the switch's.</summary>
    public Guid Id => Adapter?.Id ?? Switch.Id;

    /// <summary>Its name.</summary>
    public string Name => Adapter?.Name ?? Switch.HostPortName ?? Switch.Name;

    /// <summary>Its name as a network interface.</summary>
    public string Alias => InterfaceNames.HostPort(Name);

    /// <summary>The kernel's name of its interface.</summary>
    public string Interface => Adapter is null ? InterfaceNames.Bridge(Switch.Id) : InterfaceNames.HostAdapter(Adapter.Id);

    /// <summary>Addresses that commands have given it.</summary>
    public IReadOnlyList<HostPortAddress> Addresses => Adapter?.Addresses ?? Switch.Addresses;

    /// <summary>Routes that commands have made over it.</summary>
    public IReadOnlyList<HostPortRoute> Routes => Adapter?.Routes ?? Switch.Routes;

    /// <summary>The same adapter by another configuration of its switch, which has it.</summary>
    public HostPort Of(SwitchConfiguration configuration) => new(configuration, Adapter is null ? null : configuration.HostAdapters.First(each => each.Id == Adapter.Id));

    /// <summary>The switch's configuration with other addresses of this adapter.</summary>
    public SwitchConfiguration WithAddresses(IReadOnlyList<HostPortAddress> addresses) =>
        Adapter is null ? Switch with { Addresses = addresses } : Switch.With(Adapter with { Addresses = addresses });

    /// <summary>The switch's configuration with other routes of this adapter.</summary>
    public SwitchConfiguration WithRoutes(IReadOnlyList<HostPortRoute> routes) =>
        Adapter is null ? Switch with { Routes = routes } : Switch.With(Adapter with { Routes = routes });

    /// <summary>The switch's configuration with other settings of this adapter's interface; what is null stays.</summary>
    public SwitchConfiguration WithInterface(bool? isEnabled, int? mtu) => Adapter is null
        ? Switch with { IsEnabled = isEnabled ?? Switch.IsEnabled, Mtu = mtu ?? Switch.Mtu }
        : Switch.With(Adapter with { IsEnabled = isEnabled ?? Adapter.IsEnabled, Mtu = mtu ?? Adapter.Mtu });
}
