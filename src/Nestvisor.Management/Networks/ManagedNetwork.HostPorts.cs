using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>The adapters that this host has at switches.</content>
internal sealed partial class ManagedNetwork
{
    /// <summary>Adds an adapter of this host to a switch.</summary>
    /// <exception cref="ApiException">It cannot be; then nothing has changed.</exception>
    public Task<SwitchInfo> AddHostPortAsync(Guid id, AddHostPortRequest request, CancellationToken cancellation) =>
        ChangeHostPortsAsync(id, old => HostAdapterRules.Add(old, request), cancellation);

    /// <summary>Changes an adapter of this host at a switch.</summary>
    /// <exception cref="ApiException">There is none such, or it cannot be; then nothing has changed.</exception>
    public Task<SwitchInfo> ChangeHostPortAsync(Guid id, Guid port, ChangeHostPortRequest request, CancellationToken cancellation) =>
        ChangeHostPortsAsync(id, old => HostAdapterRules.Change(GetPort(old, port), request), cancellation);

    /// <summary>Removes an adapter of this host from a switch; what it had of addresses goes with it. An internal switch without any becomes private.</summary>
    /// <exception cref="ApiException">There is none such, or it cannot be; then nothing has changed.</exception>
    public Task<SwitchInfo> RemoveHostPortAsync(Guid id, Guid port, CancellationToken cancellation) =>
        ChangeHostPortsAsync(id, old => HostAdapterRules.Remove(GetPort(old, port)), cancellation);

    private static HostPort GetPort(SwitchConfiguration configuration, Guid port) =>
        configuration.HostPorts.FirstOrDefault(each => each.Id == port)
        ?? throw ApiException.NotFound($"This host has no network adapter with id \"{port}\" at the virtual switch '{configuration.Name}'.");

    private Task<SwitchInfo> ChangeHostPortsAsync(Guid id, Func<SwitchConfiguration, SwitchConfiguration> change, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            RequireReadable();
            SwitchConfiguration old = GetSwitch(id, "changed");
            SwitchConfiguration changed = change(old);
            HostAdapterRules.RequireUnique(changed, _configuration);
            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            await CheckVlansAsync(kernel, old, changed).ConfigureAwait(false);
            await ApplyAsync(kernel, old, changed).ConfigureAwait(false);
            return await DescribeOneAsync(id, [], cancellation).ConfigureAwait(false);
        },
        cancellation);

    // Before anything of the host's is moved.
    private static async Task CheckVlansAsync(HostKernel kernel, SwitchConfiguration old, SwitchConfiguration changed)
    {
        string bridge = InterfaceNames.Bridge(changed.Id);
        HostAdapterConfiguration? tagged = changed.HostAdapters.FirstOrDefault(adapter => adapter.Vlan != 0 && !old.HostAdapters.Any(each => each.Id == adapter.Id && each.Vlan != 0));
        if (tagged is not null && await kernel.Links.FindAsync(bridge).ConfigureAwait(false) is not null)
        {
            await kernel.HostAdapters.RequireVlansAsync(tagged.Id, bridge).ConfigureAwait(false);
        }
    }

    private static IReadOnlyList<HostPortInfo> DescribePorts(SwitchConfiguration configuration, IReadOnlyList<KernelLink> links) =>
    [
        .. configuration.HostPorts.Select(port =>
        {
            KernelLink? link = links.FirstOrDefault(one => one.Name == port.Interface);
            return new HostPortInfo
            {
                Id = port.Id,
                Name = port.Name,
                Interface = port.Interface,
                InterfaceIndex = link?.Index,
                MacAddress = link?.Address ?? (port.Adapter is { } adapter ? HostAdapterKernel.AddressOf(adapter).ToString() : ""),
                HasStaticMacAddress = port.Adapter?.StaticMacAddress is not null,
                IsEnabled = link is { IsUp: true },
                Port = HostAdapterRules.PortOf(port),
            };
        }),
    ];
}
