using Nestvisor.Api.HostAdapters;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>Reads what is known of the network interfaces beyond their links.</summary>
internal static class HostAdapterReader
{
    /// <summary>All interfaces.</summary>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public static async Task<IReadOnlyList<HostAdapterInfo>> ReadAsync(HostKernel kernel, CancellationToken cancellation)
    {
        IReadOnlyList<KernelLink> links = await kernel.Links.ListAsync(cancellation).ConfigureAwait(false);
        Dictionary<string, string> settings = await IPSettingFiles.ReadAsync(kernel.Host, links.Select(link => link.Name), cancellation).ConfigureAwait(false);
        return
        [
            .. links.Select(link => new HostAdapterInfo
            {
                Index = link.Index,
                GivenName = link.Alias,
                Driver = DriverOf(link),
                IsPromiscuous = link.Promiscuity > 0,
                IPv4 = IPSettingFiles.Of4(settings, link),
                IPv6 = IPSettingFiles.Of6(settings, link),
            }),
        ];
    }

    // /sys/class/net shows the interfaces of the namespace in which /sys was mounted; the buses are the same in all.
    private static string? DriverOf(KernelLink link)
    {
        if (link.ParentBus is null || link.ParentDevice is null)
        {
            return null;
        }

        string path = $"/sys/bus/{link.ParentBus}/devices/{link.ParentDevice}/driver";
        return Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is { } target ? Path.GetFileName(target) : link.ParentBus;
    }
}
