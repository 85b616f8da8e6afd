using Nestvisor.Networking.Host;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Networks;

/// <summary>Makes a further adapter of this host in the kernel what its configuration says, and takes it away.</summary>
internal sealed class HostAdapterKernel(HostKernel kernel)
{
    /// <summary>Makes the adapter with all that belongs to it, or what of it is missing or different.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="bridge">The bridge of its switch, which is there.</param>
    /// <exception cref="HostNetworkException">It cannot be; then what this call made is gone.</exception>
    public Task BuildAsync(HostAdapterConfiguration adapter, string bridge) => UndoList.RunAsync(async steps =>
    {
        string port = InterfaceNames.HostAdapterPort(adapter.Id);
        PortPolicy policy = PolicyOf(adapter);
        KernelLink? there = await FindOwnAsync(adapter).ConfigureAwait(false);
        int? index = there?.Index;
        if (there is not null && there.Info.Data.Vlan != adapter.Vlan)
        {
            if (adapter.Vlan != 0)
            {
                await kernel.HostAdapters.RequireVlansAsync(adapter.Id, bridge).ConfigureAwait(false);
            }

            // What is undone makes it as it was, by the configuration from before.
            await kernel.HostAdapters.RemoveAsync(adapter.Id).ConfigureAwait(false);
            there = null;
        }
        else if (there is null && adapter.Vlan != 0)
        {
            await kernel.HostAdapters.RequireVlansAsync(adapter.Id, bridge).ConfigureAwait(false);
        }

        bool isNew = index is null;
        await steps.DoAsync(
            () => kernel.Rules.SetHostAdapterAsync(port, policy),
            () => isNew ? kernel.Rules.RemoveHostAdapterAsync(port) : Task.CompletedTask).ConfigureAwait(false);
        if (there is null)
        {
            await steps.DoAsync(
                () => kernel.HostAdapters.AddAsync(adapter.Id, policy.Address.ToString(), adapter.Vlan, index),
                () => kernel.HostAdapters.RemoveAsync(adapter.Id)).ConfigureAwait(false);
        }
        else if (there.Address != policy.Address.ToString())
        {
            await ForgetAddressAsync(port, there.Address).ConfigureAwait(false);
            await kernel.HostAdapters.SetAddressAsync(adapter.Id, policy.Address.ToString(), adapter.Vlan).ConfigureAwait(false);
        }

        await SetUpAsync(adapter, bridge, policy).ConfigureAwait(false);
    });

    /// <summary>Whether the adapter is in the kernel.</summary>
    /// <exception cref="HostNetworkException">Another interface has its name.</exception>
    public async Task<bool> IsThereAsync(HostAdapterConfiguration adapter) => await FindOwnAsync(adapter).ConfigureAwait(false) is not null;

    /// <summary>Takes an adapter out of the kernel. What is gone already is no hindrance.</summary>
    /// <exception cref="HostNetworkException">It cannot be.</exception>
    public async Task RemoveAsync(HostAdapterConfiguration adapter)
    {
        _ = await FindOwnAsync(adapter).ConfigureAwait(false);
        await kernel.HostAdapters.RemoveAsync(adapter.Id).ConfigureAwait(false);
        await kernel.Rules.RemoveHostAdapterAsync(InterfaceNames.HostAdapterPort(adapter.Id)).ConfigureAwait(false);
    }

    /// <summary>The hardware address of an adapter.</summary>
    public static MacAddress AddressOf(HostAdapterConfiguration adapter) =>
        MacAddress.TryParse(adapter.StaticMacAddress ?? InterfaceNames.HostPortAddress(adapter.Id), out MacAddress address)
            ? address
            : throw new InvalidOperationException($"'{adapter.StaticMacAddress}' is kept as the address of '{adapter.Name}' and is none.");

    private static PortPolicy PolicyOf(HostAdapterConfiguration adapter) => new()
    {
        Address = AddressOf(adapter),
        MacAddressSpoofing = adapter.MacAddressSpoofing,
        Vlan = adapter.Vlan == 0 ? PortVlan.Untagged : PortVlan.Access(adapter.Vlan),
    };

    private async Task SetUpAsync(HostAdapterConfiguration adapter, string bridge, PortPolicy policy)
    {
        string name = InterfaceNames.HostAdapter(adapter.Id);
        await kernel.Links.SetAliasAsync(name, InterfaceNames.HostPort(adapter.Name)).ConfigureAwait(false);
        KernelLink link = await kernel.Links.FindAsync(name).ConfigureAwait(false)
            ?? throw new HostNetworkException(HostNetworkProblem.Failed, $"The network interface '{name}' was removed while it was being set up.");
        kernel.Links.SetHostPortName(link, InterfaceNames.HostPort(adapter.Name));

        // Two interfaces of one host on one bridge: each answers for its own addresses only.
        await kernel.Host.WriteSettingAsync($"net/ipv4/conf/{name}/arp_ignore", "1").ConfigureAwait(false);
        if (adapter.Mtu is { } mtu && mtu != link.Mtu)
        {
            await kernel.HostAdapters.SetMtuAsync(adapter.Id, mtu, adapter.Vlan).ConfigureAwait(false);
        }

        await kernel.HostAdapters.LimitAsync(link, adapter.MaximumBandwidth).ConfigureAwait(false);
        await kernel.Links.AttachAsync(InterfaceNames.HostAdapterPort(adapter.Id), bridge, policy.Address, policy.MacAddressSpoofing).ConfigureAwait(false);
        if (adapter.Vlan != 0)
        {
            await kernel.HostAdapters.SetLinkUpAsync(adapter.Id).ConfigureAwait(false);
        }

        await kernel.Links.SetUpAsync(name, adapter.IsEnabled).ConfigureAwait(false);
        foreach (HostPortAddress address in adapter.Addresses)
        {
            await kernel.Addresses.AddAsync(name, address.Address, address.PrefixLength).ConfigureAwait(false);
        }

        if (adapter.IsEnabled)
        {
            foreach (HostPortRoute route in adapter.Routes)
            {
                await kernel.Addresses.AddRouteAsync(name, route.Destination, route.NextHop, route.Metric).ConfigureAwait(false);
            }
        }
    }

    // The bridge knows it as the only one behind the port.
    private async Task ForgetAddressAsync(string port, string address) =>
        _ = await kernel.Host.TryAsync("bridge", ["fdb", "delete", address, "dev", port, "master"]).ConfigureAwait(false);

    private async Task<KernelLink?> FindOwnAsync(HostAdapterConfiguration adapter)
    {
        IReadOnlyList<KernelLink> links = await kernel.Links.ListAsync().ConfigureAwait(false);
        string[] names = [InterfaceNames.HostAdapter(adapter.Id), InterfaceNames.HostAdapterPort(adapter.Id), InterfaceNames.HostAdapterLink(adapter.Id)];
        (string adapterMark, string portMark, string linkMark) = InterfaceNames.MarksOfHostAdapter(kernel.Host.Instance, adapter.Id);
        foreach ((string name, string mark) in names.Zip([adapterMark, portMark, linkMark]))
        {
            if (links.FirstOrDefault(link => link.Name == name) is { } taken && !taken.AlternativeNames.Contains(mark))
            {
                throw new HostNetworkException(
                    HostNetworkProblem.Refused,
                    $"The network adapter '{adapter.Name}' of this host needs the interface name '{name}', which is taken"
                    + $"{(taken.AlternativeNames.Count > 0 ? $" by '{taken.AlternativeNames[0]}'" : "")}. Remove that with: ip link delete {name}");
            }
        }

        return links.FirstOrDefault(link => link.AlternativeNames.Contains(adapterMark));
    }
}
