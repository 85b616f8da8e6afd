using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <summary>Makes a switch in the kernel what its configuration says, and takes it away.</summary>
internal sealed class SwitchKernel(HostKernel kernel)
{
    private readonly HostAdapterKernel _adapters = new(kernel);

    /// <summary>Makes the bridge of a switch with all that belongs to it, or what of it is missing.</summary>
    /// <exception cref="HostNetworkException">It cannot be; then what this call made is gone.</exception>
    public Task BuildAsync(SwitchConfiguration configuration) => UndoList.RunAsync(async steps =>
    {
        string bridge = InterfaceNames.Bridge(configuration.Id);
        KernelLink? there = await FindOwnAsync(configuration).ConfigureAwait(false);
        if (there is null)
        {
            await steps.DoAsync(
                () => AddAsync(configuration, bridge),
                () => kernel.Links.DeleteAsync(bridge)).ConfigureAwait(false);
        }

        await SetHostPortAsync(configuration, bridge).ConfigureAwait(false);
        if (configuration.Uplink is { } uplink)
        {
            KernelLink? link = await kernel.Links.FindAsync(uplink.Name).ConfigureAwait(false)
                ?? throw new HostNetworkException(
                    HostNetworkProblem.Refused,
                    $"The virtual switch '{configuration.Name}' is bound to the network interface '{uplink.Name}', which is not there any more. "
                    + "Bind it to another: Set-VMSwitch -NetAdapterName");
            if (link.Master != bridge)
            {
                if (there is not null && await AddressOfAsync(configuration).ConfigureAwait(false) is var address && address != there.Address)
                {
                    await steps.DoAsync(() => kernel.Links.SetAddressAsync(bridge, address), () => kernel.Links.SetAddressAsync(bridge, there.Address)).ConfigureAwait(false);
                }

                await steps.DoAsync(
                    () => BindAsync(configuration, uplink, bridge),
                    () => kernel.Uplinks.FreeAsync(uplink, bridge)).ConfigureAwait(false);
            }
        }

        await kernel.Links.SetUpAsync(bridge, configuration.IsEnabled || !configuration.HasHostPort).ConfigureAwait(false);
        await SetAddressesAsync(configuration, bridge).ConfigureAwait(false);
        foreach (HostAdapterConfiguration adapter in configuration.HostAdapters)
        {
            bool wasThere = await _adapters.IsThereAsync(adapter).ConfigureAwait(false);
            await steps.DoAsync(
                () => _adapters.BuildAsync(adapter, bridge),
                () => wasThere ? Task.CompletedTask : _adapters.RemoveAsync(adapter)).ConfigureAwait(false);
        }
    });

    /// <summary>Takes a switch out of the kernel and frees its interface. What is gone already is no hindrance.</summary>
    /// <exception cref="HostNetworkException">It cannot be.</exception>
    public async Task RemoveAsync(SwitchConfiguration configuration)
    {
        string bridge = InterfaceNames.Bridge(configuration.Id);
        foreach (HostAdapterConfiguration adapter in configuration.HostAdapters)
        {
            await _adapters.RemoveAsync(adapter).ConfigureAwait(false);
        }

        if (configuration.Uplink is { } uplink)
        {
            await FreeAsync(uplink, bridge).ConfigureAwait(false);
        }

        if (await FindOwnAsync(configuration).ConfigureAwait(false) is not null)
        {
            await kernel.Links.DeleteAsync(bridge).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a switch that is there another: other type, other interface, with or without a port of the host.</summary>
    /// <param name="old">What it is.</param>
    /// <param name="changed">What it becomes.</param>
    /// <param name="ports">TAP interfaces that are connected to it.</param>
    /// <exception cref="HostNetworkException">It cannot be; then it is what it was.</exception>
    public Task ChangeAsync(SwitchConfiguration old, SwitchConfiguration changed, IReadOnlyList<string> ports) => UndoList.RunAsync(async steps =>
    {
        string bridge = InterfaceNames.Bridge(old.Id);
        if (old.Uplink is { } freed && (freed.Name != changed.Uplink?.Name || old.AllowManagementOS != changed.AllowManagementOS))
        {
            await steps.DoAsync(() => FreeAsync(freed, bridge), () => BuildAsync(old)).ConfigureAwait(false);
        }

        await steps.DoAsync(() => HideAsync(ports, !changed.HasHostPort), () => HideAsync(ports, !old.HasHostPort)).ConfigureAwait(false);
        foreach (HostPortAddress address in old.Addresses.Except(changed.Addresses))
        {
            await steps.DoAsync(
                () => kernel.Addresses.RemoveAsync(bridge, address.Address, address.PrefixLength),
                () => kernel.Addresses.AddAsync(bridge, address.Address, address.PrefixLength)).ConfigureAwait(false);
        }

        foreach (HostAdapterConfiguration adapter in old.HostAdapters.ExceptBy(changed.HostAdapters.Select(each => each.Id), each => each.Id))
        {
            await steps.DoAsync(() => _adapters.RemoveAsync(adapter), () => _adapters.BuildAsync(adapter, bridge)).ConfigureAwait(false);
        }

        string setting = AnswersForAll(bridge);
        if (old.HostAdapters.Count > 0 && changed.HostAdapters.Count == 0 && await kernel.Host.ReadSettingAsync(setting).ConfigureAwait(false) == "1")
        {
            await steps.DoAsync(() => kernel.Host.WriteSettingAsync(setting, "0"), () => kernel.Host.WriteSettingAsync(setting, "1")).ConfigureAwait(false);
        }

        await steps.DoAsync(() => BuildAsync(changed), () => BuildAsync(old)).ConfigureAwait(false);
    });

    private static string AnswersForAll(string bridge) => $"net/ipv4/conf/{bridge}/arp_ignore";

    private static string AliasOf(SwitchConfiguration configuration) =>
        configuration.HasHostPort ? new HostPort(configuration, null).Alias : configuration.Name;

    // The network beyond knows this host by its interface's address, and so does a DHCP server.
    private async Task<string> AddressOfAsync(SwitchConfiguration configuration) =>
        configuration.Uplink is { } uplink && configuration.AllowManagementOS && await kernel.Links.FindAsync(uplink.Name).ConfigureAwait(false) is { } link
            ? link.Address
            : InterfaceNames.HostPortAddress(configuration.Id);

    private async Task AddAsync(SwitchConfiguration configuration, string bridge) => await kernel.Links.AddBridgeAsync(
        bridge,
        InterfaceNames.MarkOfSwitch(kernel.Host.Instance, configuration.Id),
        AliasOf(configuration),
        await AddressOfAsync(configuration).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task BindAsync(SwitchConfiguration configuration, UplinkState uplink, string bridge)
    {
        await kernel.Rules.SetHiddenAsync(uplink.Name, !configuration.AllowManagementOS).ConfigureAwait(false);
        await kernel.Uplinks.BindAsync(uplink, bridge, configuration.AllowManagementOS).ConfigureAwait(false);
    }

    private async Task FreeAsync(UplinkState uplink, string bridge)
    {
        await kernel.Uplinks.FreeAsync(uplink, bridge).ConfigureAwait(false);
        await kernel.Rules.SetHiddenAsync(uplink.Name, hidden: false).ConfigureAwait(false);
    }

    private async Task HideAsync(IReadOnlyList<string> ports, bool hidden)
    {
        foreach (string port in ports)
        {
            await kernel.Rules.SetHiddenAsync(port, hidden).ConfigureAwait(false);
        }
    }

    // A bridge without a port of the host's has no addresses, not even those that the kernel makes by itself.
    private async Task SetHostPortAsync(SwitchConfiguration configuration, string bridge)
    {
        string setting = $"net/ipv6/conf/{bridge}/disable_ipv6";
        string wanted = configuration.HasHostPort ? "0" : "1";
        if (await kernel.Host.ReadSettingAsync(setting).ConfigureAwait(false) is { } now && now != wanted)
        {
            await kernel.Host.WriteSettingAsync(setting, wanted).ConfigureAwait(false);
        }

        await kernel.Links.SetAliasAsync(bridge, AliasOf(configuration)).ConfigureAwait(false);
        if (await kernel.Links.FindAsync(bridge).ConfigureAwait(false) is { } link)
        {
            kernel.Links.SetHostPortName(link, configuration.HasHostPort ? AliasOf(configuration) : null);
            await kernel.HostAdapters.LimitAsync(link, configuration.MaximumBandwidth).ConfigureAwait(false);
        }

        if (configuration.HostAdapters.Count > 0)
        {
            // Beside the host's further adapters it answers for its own addresses only.
            await kernel.Host.WriteSettingAsync(AnswersForAll(bridge), "1").ConfigureAwait(false);
        }

        if (configuration.Mtu is { } mtu)
        {
            await kernel.Links.SetMtuAsync(bridge, mtu).ConfigureAwait(false);
        }
    }

    private async Task SetAddressesAsync(SwitchConfiguration configuration, string bridge)
    {
        foreach (HostPortAddress address in configuration.Addresses)
        {
            await kernel.Addresses.AddAsync(bridge, address.Address, address.PrefixLength).ConfigureAwait(false);
        }

        if (configuration.IsEnabled)
        {
            foreach (HostPortRoute route in configuration.Routes)
            {
                await kernel.Addresses.AddRouteAsync(bridge, route.Destination, route.NextHop, route.Metric).ConfigureAwait(false);
            }
        }
    }

    private async Task<KernelLink?> FindOwnAsync(SwitchConfiguration configuration)
    {
        string bridge = InterfaceNames.Bridge(configuration.Id);
        KernelLink? link = await kernel.Links.FindAsync(bridge).ConfigureAwait(false);
        return link is null || InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames) == configuration.Id
            ? link
            : throw new HostNetworkException(
                HostNetworkProblem.Refused,
                $"The virtual switch '{configuration.Name}' needs the interface name '{bridge}', which is taken"
                + $"{(link.AlternativeNames.Count > 0 ? $" by '{link.AlternativeNames[0]}'" : "")}: another service, with another state folder, may have made it. "
                + $"Remove it there, or with: ip link delete {bridge}");
    }
}
