using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>
/// Changes of interfaces. Those of Nestvisor's own, the host's ports on virtual switches, the service keeps; all others are made in the kernel
/// only, and the caller is told so.
/// </summary>
/// <param name="client">The service.</param>
/// <param name="warn">Told what the user should know.</param>
/// <param name="cancellation">Ends the wait for the service.</param>
internal sealed class HostAdapterChange(NestvisorClient client, Action<IEnumerable<string>> warn, CancellationToken cancellation)
{
    /// <summary>Switches an interface on or off.</summary>
    public void Enable(NetAdapter adapter, bool enabled)
    {
        if (adapter.IsHostPort)
        {
            _ = client.ChangeInterfaceAsync((int)adapter.InterfaceIndex, new ChangeInterfaceRequest { IsEnabled = enabled }, cancellation).GetAwaiter().GetResult();
        }
        else
        {
            Change(adapter, new ChangeHostAdapterRequest { IsEnabled = enabled });
        }
    }

    /// <summary>Gives an interface another name for people.</summary>
    public void Rename(NetAdapter adapter, string name)
    {
        if (adapter.IsHostPort)
        {
            throw ApiException.NotSupported($"'{adapter.Name}' has its name from the virtual switch. Rename-VMSwitch or Rename-VMNetworkAdapter -ManagementOS renames it.");
        }

        Change(adapter, new ChangeHostAdapterRequest { Name = name });
    }

    /// <summary>Gives an interface another hardware address.</summary>
    public void SetMacAddress(NetAdapter adapter, string address)
    {
        if (adapter.IsHostPort)
        {
            throw ApiException.NotSupported($"'{adapter.Name}' has its hardware address from the virtual switch. Set-VMNetworkAdapter -StaticMacAddress sets that of a further adapter of this host.");
        }

        Change(adapter, new ChangeHostAdapterRequest { MacAddress = address });
    }

    /// <summary>Changes what the kernel does with packets of an interface.</summary>
    public void Change(NetAdapter adapter, ChangeHostAdapterRequest request) =>
        Warn(client.ChangeHostAdapterAsync((int)adapter.InterfaceIndex, request, cancellation));

    /// <summary>Sets the largest packet of an interface.</summary>
    public void SetMtu(NetAdapter adapter, AddressFamily family, int mtu)
    {
        if (adapter.IsHostPort && family == AddressFamily.IPv4)
        {
            _ = client.ChangeInterfaceAsync((int)adapter.InterfaceIndex, new ChangeInterfaceRequest { Mtu = mtu }, cancellation).GetAwaiter().GetResult();
            return;
        }

        ChangeIPSettings settings = new() { Mtu = mtu };
        Change(adapter, family == AddressFamily.IPv4 ? new ChangeHostAdapterRequest { IPv4 = settings } : new ChangeHostAdapterRequest { IPv6 = settings });
    }

    /// <summary>Adds an address, and a default route with it.</summary>
    public void Add(NetAdapter adapter, AddHostAddressRequest request)
    {
        if (!adapter.IsHostPort)
        {
            Warn(client.AddHostAddressAsync((int)adapter.InterfaceIndex, request, cancellation));
            return;
        }

        if (request.ValidSeconds is not null || request.PreferredSeconds is not null)
        {
            throw ApiException.NotSupported($"Nestvisor keeps the addresses of '{adapter.Name}' for ever: -ValidLifetime and -PreferredLifetime can only be [TimeSpan]::MaxValue.");
        }

        AddAddressRequest kept = new() { Address = request.Address, PrefixLength = request.PrefixLength, DefaultGateway = request.DefaultGateway };
        _ = client.AddAddressAsync((int)adapter.InterfaceIndex, kept, cancellation).GetAwaiter().GetResult();
    }

    /// <summary>Removes an address.</summary>
    public void Remove(NetIPAddress address)
    {
        int index = (int)address.InterfaceIndex;
        if (address.Adapter.IsHostPort)
        {
            client.RemoveAddressAsync(index, address.Plain, cancellation).GetAwaiter().GetResult();
        }
        else
        {
            Warn(client.RemoveHostAddressAsync(index, address.Plain, cancellation));
        }
    }

    /// <summary>Changes an address.</summary>
    public void Change(NetIPAddress address, ChangeHostAddressRequest request)
    {
        if (address.Adapter.IsHostPort)
        {
            throw ApiException.NotSupported(
                $"Addresses of '{address.InterfaceAlias}', which Nestvisor keeps, cannot be changed. Remove {address.IPAddress} with Remove-NetIPAddress and add it with New-NetIPAddress.");
        }

        Warn(client.ChangeHostAddressAsync((int)address.InterfaceIndex, request, cancellation));
    }

    /// <summary>Adds a route.</summary>
    public void Add(NetAdapter adapter, HostRouteRequest request)
    {
        if (!adapter.IsHostPort)
        {
            Warn(client.AddHostRouteAsync(request, cancellation));
            return;
        }

        if (request.ValidSeconds is not null)
        {
            throw ApiException.NotSupported($"Nestvisor keeps the routes over '{adapter.Name}' for ever: -ValidLifetime can only be [TimeSpan]::MaxValue.");
        }

        RouteInfo route = new()
        {
            DestinationPrefix = request.DestinationPrefix,
            NextHop = request.NextHop,
            InterfaceIndex = request.InterfaceIndex,
            Metric = request.Metric ?? 0,
        };
        _ = client.AddRouteAsync(route, cancellation).GetAwaiter().GetResult();
    }

    /// <summary>Removes a route.</summary>
    public void Remove(NetRoute route)
    {
        if (route.Adapter.IsHostPort)
        {
            client.RemoveRouteAsync(route.Info, cancellation).GetAwaiter().GetResult();
            return;
        }

        Warn(client.RemoveHostRouteAsync(
            new HostRouteRequest
            {
                InterfaceIndex = (int)route.InterfaceIndex,
                DestinationPrefix = route.DestinationPrefix,
                NextHop = route.NextHop,
                Metric = (int)route.RouteMetric,
            },
            cancellation));
    }

    /// <summary>Sets the DNS servers of one family, or puts all back to what they were.</summary>
    /// <param name="adapter">The interface.</param>
    /// <param name="servers">The servers; null for what was before the first change. Servers of a family that none of these is of stay.</param>
    /// <param name="validate">Whether each server is asked first, and one that does not answer is an error.</param>
    public void SetDns(NetAdapter adapter, IReadOnlyList<string>? servers, bool validate)
    {
        if (validate && servers?.FirstOrDefault(server => !Answers(server)) is { } silent)
        {
            throw ApiException.InvalidArgument($"The DNS server {silent} does not answer. Nothing has been changed.");
        }

        IReadOnlyList<string>? all = servers;
        if (servers is { Count: > 0 })
        {
            IEnumerable<string> present = client.GetDnsServersAsync(cancellation).GetAwaiter().GetResult()
                .FirstOrDefault(info => info.InterfaceIndex == (int)adapter.InterfaceIndex)?.Servers ?? [];
            all = [.. servers, .. present.Where(old => !servers.Any(server => Prefix.FamilyOf(server) == Prefix.FamilyOf(old)))];
        }

        Warn(client.SetDnsServersAsync((int)adapter.InterfaceIndex, new SetDnsServersRequest { Servers = all }, cancellation));
    }

    /// <summary>Whether a DNS server answers.</summary>
    public bool Answers(string server) => DnsProbe.Answers(server, cancellation);

    private void Warn(Task<HostChange> change) => warn(change.GetAwaiter().GetResult().Warnings);
}
