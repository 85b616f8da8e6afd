using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Management.Networks;

/// <summary>What the adapters of this host at virtual switches may be.</summary>
internal static class HostAdapterRules
{
    /// <summary>The switch with one more adapter of this host.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public static SwitchConfiguration Add(SwitchConfiguration old, AddHostPortRequest request)
    {
        if (old.Type == SwitchType.Private)
        {
            throw ApiException.InvalidState(
                $"The virtual switch '{old.Name}' is private: this host has no adapter on it. Make it internal with Set-VMSwitch -SwitchType Internal, which gives this host one.");
        }

        HostAdapterConfiguration adapter = new()
        {
            Id = Guid.NewGuid(),
            Name = AdapterRules.CheckName(request.Name ?? AdapterRules.DefaultName),
            StaticMacAddress = request.MacAddress is { } address ? AdapterRules.Normalize(address) : null,
        };
        return old with { HostAdapters = [.. old.HostAdapters, adapter] };
    }

    /// <summary>The switch with one adapter of this host changed.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public static SwitchConfiguration Change(HostPort port, ChangeHostPortRequest change)
    {
        string? name = change.Name is { } given ? AdapterRules.CheckName(given) : null;
        PortSettings? settings = change.Port is { } wanted ? CheckPort(port, AdapterRules.CheckPort(port.Name, wanted)) : null;
        if (port.Adapter is not { } adapter)
        {
            if (change.MacAddress is not null || settings is { Vlan: not 0 } or { MacAddressSpoofing: true })
            {
                return Change(Separate(port.Switch), change);
            }

            return port.Switch with
            {
                HostPortName = name is null ? port.Switch.HostPortName : name == port.Switch.Name ? null : name,
                MaximumBandwidth = settings?.MaximumBandwidth ?? port.Switch.MaximumBandwidth,
            };
        }

        return port.Switch.With(adapter with
        {
            Name = name ?? adapter.Name,
            StaticMacAddress = change.MacAddress is { } address ? AdapterRules.Normalize(address) : change.UseDynamicMacAddress ? null : adapter.StaticMacAddress,
            Vlan = settings?.Vlan ?? adapter.Vlan,
            MacAddressSpoofing = settings?.MacAddressSpoofing ?? adapter.MacAddressSpoofing,
            MaximumBandwidth = settings?.MaximumBandwidth ?? adapter.MaximumBandwidth,
        });
    }

    /// <summary>The switch without one of its adapters of this host. An internal switch without any is a private one.</summary>
    public static SwitchConfiguration Remove(HostPort port)
    {
        SwitchConfiguration rest = port.Adapter is { } adapter
            ? port.Switch with { HostAdapters = [.. port.Switch.HostAdapters.Where(each => each.Id != adapter.Id)] }
            : WithoutFirst(port.Switch);
        return rest is { Type: SwitchType.Internal, HasHostPort: false, HostAdapters.Count: 0 } ? rest with { Type = SwitchType.Private } : rest;
    }

    /// <summary>The switch without the host's first port.</summary>
    public static SwitchConfiguration WithoutFirst(SwitchConfiguration old) => old with
    {
        AllowManagementOS = false,
        HostPortName = null,
        MaximumBandwidth = 0,
        Addresses = [],
        Routes = [],
        IsEnabled = true,
    };

    /// <summary>
    /// The host's first port as an interface of its own, for what the switch's bridge cannot have: a tag, another address. It keeps name, addresses and
    /// routes, those too that came from the interface of an external switch.
    /// </summary>
    /// <exception cref="ApiException">Its address is a lease, which stays with the bridge.</exception>
    public static HostPort Separate(SwitchConfiguration old)
    {
        if (old.Uplink is { Leases.Count: > 0, Management.Program: var program })
        {
            throw ApiException.NotSupported(
                $"'{new HostPort(old, null).Alias}' cannot become an interface of its own, which this needs: its address is a DHCP server's lease, which {program} keeps on the "
                + $"switch's bridge. Give '{old.Uplink.Name}' a fixed address, and the switch that interface anew.");
        }

        HostAdapterConfiguration adapter = new()
        {
            Id = Guid.NewGuid(),
            Name = new HostPort(old, null).Name,
            MaximumBandwidth = old.MaximumBandwidth,
            IsEnabled = old.IsEnabled,
            Mtu = old.Mtu,
            Addresses =
            [
                .. (old.Uplink?.Addresses ?? []).Select(address => new HostPortAddress { Address = address.Local, PrefixLength = address.PrefixLength }),
                .. old.Addresses,
            ],
            Routes = [.. RoutesOf(old.Uplink?.Routes, "0.0.0.0/0"), .. RoutesOf(old.Uplink?.Routes6, "::/0"), .. old.Routes],
        };
        return new HostPort(WithoutFirst(old) with { HostAdapters = [adapter, .. old.HostAdapters] }, adapter);
    }

    private static IEnumerable<HostPortRoute> RoutesOf(IReadOnlyList<KernelRoute>? routes, string everywhere) => (routes ?? []).Select(route => new HostPortRoute
    {
        Destination = route.Destination == "default" ? everywhere : route.Destination,
        NextHop = route.Gateway,
        Metric = (int)Math.Min(route.Metric, int.MaxValue),
    });

    /// <summary>Checks that the adapters of a switch have names and addresses of their own.</summary>
    /// <exception cref="ApiException">Another has one of them.</exception>
    public static void RequireUnique(SwitchConfiguration changed, NetworkConfiguration networks)
    {
        List<HostPort> others = [.. networks.Switches.Where(one => one.Id != changed.Id).Append(SwitchRules.Default).SelectMany(one => one.HostPorts)];
        foreach (HostPort port in changed.HostPorts)
        {
            if (others.Find(other => string.Equals(other.Name, port.Name, StringComparison.OrdinalIgnoreCase)) is { } named)
            {
                throw ApiException.InvalidArgument(
                    $"This host has a network adapter '{named.Name}' already, at the virtual switch '{named.Switch.Name}'. Names of its adapters are compared without case; choose another.");
            }

            if (port.Adapter is { StaticMacAddress: not null } adapter && others.Find(other => AddressOf(other) == HostAdapterKernel.AddressOf(adapter)) is { } addressed)
            {
                throw ApiException.InvalidArgument($"The network adapter '{addressed.Name}' of this host has the MAC address {adapter.StaticMacAddress} already. Give '{port.Name}' another.");
            }

            others.Add(port);
        }
    }

    /// <summary>What the port of an adapter of this host lets through.</summary>
    public static PortSettings PortOf(HostPort port) => port.Adapter is { } adapter
        ? new PortSettings { Vlan = adapter.Vlan, MacAddressSpoofing = adapter.MacAddressSpoofing, MaximumBandwidth = adapter.MaximumBandwidth }
        : new PortSettings { MaximumBandwidth = port.Switch.MaximumBandwidth };

    private static MacAddress? AddressOf(HostPort port) => port.Adapter is { } adapter ? HostAdapterKernel.AddressOf(adapter) : null;

    private static PortSettings CheckPort(HostPort port, PortSettings settings)
    {
        if (settings.TrunkVlans is not null)
        {
            throw ApiException.NotSupported($"The adapter '{port.Name}' of this host cannot be a trunk of VLANs. Add an adapter for each VLAN: Add-VMNetworkAdapter -ManagementOS");
        }

        if (settings.DhcpGuard || settings.RouterGuard)
        {
            throw ApiException.NotSupported($"The guards are for virtual machines: what '{port.Name}' sends is this host's own. Stop its DHCP server or router instead.");
        }

        return settings;
    }
}
