using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>The default switch, which is in the kernel only while an adapter is connected to it.</content>
internal sealed partial class ManagedNetwork
{
    private IPv4Prefix? DefaultPrefix => _configuration.DefaultPrefix is { } text ? NatRules.Parse(text) : null;

    private static async Task<bool> IsDefaultUpAsync(HostKernel kernel) =>
        await kernel.Links.FindAsync(InterfaceNames.MarkOfSwitch(kernel.Host.Instance, SwitchInfo.DefaultSwitchId)).ConfigureAwait(false) is not null;

    private async Task EnsureDefaultAsync(HostKernel kernel)
    {
        if (!await IsDefaultUpAsync(kernel).ConfigureAwait(false))
        {
            // Others may have come to use it since.
            IPv4Prefix prefix = PrefixChoice.Choose(DefaultPrefix, await UsedPrefixesAsync(kernel).ConfigureAwait(false))
                ?? throw ApiException.Failed(
                    $"'{SwitchRules.DefaultName}' cannot be made: all of its private prefixes (172.16.0.0/12, 192.168.0.0/16, 10.0.0.0/8) are used by the host. Use a switch of your own.");
            Save(_configuration with { DefaultPrefix = prefix.ToString() });
            await kernel.Dhcp.StopAsync().ConfigureAwait(false);
        }

        await UndoList.RunAsync(async steps =>
        {
            bool wasUp = await IsDefaultUpAsync(kernel).ConfigureAwait(false);

            // Undone last, when all is as it was.
            await steps.DoAsync(() => Task.CompletedTask, () => SetTranslationAsync(kernel)).ConfigureAwait(false);
            await steps.DoAsync(
                () => BuildDefaultAsync(kernel),
                () => wasUp ? Task.CompletedTask : RemoveDefaultAsync(kernel)).ConfigureAwait(false);
            await SetTranslationAsync(kernel).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task BuildDefaultAsync(HostKernel kernel)
    {
        if (DefaultPrefix is not { } prefix)
        {
            // Settings of another time: nothing is known of the bridge.
            await RemoveDefaultAsync(kernel).ConfigureAwait(false);
            return;
        }

        System.Net.IPAddress server = prefix.AddressAt(1);
        await new SwitchKernel(kernel).BuildAsync(SwitchRules.Default with
        {
            Addresses = [new HostPortAddress { Address = server.ToString(), PrefixLength = prefix.Length }],
        }).ConfigureAwait(false);
        await kernel.Dhcp.StartAsync(new DhcpSettings(InterfaceNames.Bridge(SwitchInfo.DefaultSwitchId), prefix, server, _place.Resolver)).ConfigureAwait(false);
    }

    private static async Task RemoveDefaultAsync(HostKernel kernel)
    {
        await kernel.Dhcp.StopAsync().ConfigureAwait(false);
        await new SwitchKernel(kernel).RemoveAsync(SwitchRules.Default).ConfigureAwait(false);
    }

    private async Task<List<IPv4Prefix>> UsedPrefixesAsync(HostKernel kernel)
    {
        List<string> texts = [.. _configuration.Nats.Select(nat => nat.InternalPrefix)];
        foreach (KernelAddresses entry in await kernel.Addresses.ListAsync().ConfigureAwait(false))
        {
            texts.AddRange(entry.Addresses.Where(address => address.IsIPv4).Select(address => address.Text));
        }

        foreach (KernelRoute route in await kernel.Addresses.ListRoutesAsync(ipv6: false, allTables: true).ConfigureAwait(false))
        {
            texts.Add(route.Destination);
            texts.Add(route.Gateway ?? "");
        }

        List<IPv4Prefix> used = [];
        foreach (string text in texts)
        {
            // "default" is none.
            if (IPv4Prefix.TryParse(text, out IPv4Prefix prefix))
            {
                used.Add(prefix);
            }
        }

        return used;
    }
}
