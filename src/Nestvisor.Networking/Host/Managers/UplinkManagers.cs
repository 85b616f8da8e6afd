namespace Nestvisor.Networking.Host.Managers;

/// <summary>All programs that configure interfaces of the host and can be told to go on with a bridge.</summary>
internal sealed class UplinkManagers
{
    private readonly IUplinkManager[] _all;

    /// <summary>The programs of a host.</summary>
    /// <param name="host">Where they run.</param>
    /// <param name="folder">Folder for what they say.</param>
    /// <param name="root">The folder of their own files, <c>/</c> but in tests.</param>
    public UplinkManagers(NetworkHost host, string folder, string root) => _all =
    [
        new NetworkManagerUplinks(host, root),
        new NetworkdUplinks(host, root),
        new DhcpcdUplinks(host, folder),
        new DhcpClientUplinks(host, folder),
    ];

    /// <summary>The programs' names, for messages.</summary>
    public static string Names => "NetworkManager, systemd-networkd, dhcpcd, dhclient and udhcpc";

    /// <summary>Finds the program that configures an interface.</summary>
    /// <param name="link">The interface.</param>
    /// <returns>It; null if none of them does.</returns>
    /// <exception cref="HostNetworkException">One does, and cannot be told to go on elsewhere.</exception>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        foreach (IUplinkManager manager in _all)
        {
            if (await manager.FindAsync(link).ConfigureAwait(false) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The program that was found.</summary>
    /// <param name="management">What was found.</param>
    /// <returns>It.</returns>
    /// <exception cref="HostNetworkException">It is none of them: the settings come from a later version.</exception>
    public IUplinkManager Of(UplinkManagement management) => Array.Find(_all, manager => manager.Owns(management))
        ?? throw new HostNetworkException(HostNetworkProblem.Failed, $"The program '{management.Program}', which configured an interface of this host, is not known here.");
}
