namespace Nestvisor.Networking.Host;

/// <summary>All that can be done at one place of virtual switches.</summary>
/// <param name="host">The place.</param>
/// <param name="folder">Folder of the files of servers.</param>
/// <param name="root">The folder of the files of programs that configure interfaces, <c>/</c> but in tests.</param>
public sealed class HostKernel(NetworkHost host, string folder, string root = "/")
{
    /// <summary>The place.</summary>
    public NetworkHost Host { get; } = host;

    /// <summary>Interfaces.</summary>
    public LinkCommands Links { get; } = new(host);

    /// <summary>Further adapters of this host.</summary>
    public HostAdapterLinks HostAdapters { get; } = new(host);

    /// <summary>Addresses and routes.</summary>
    public AddressCommands Addresses { get; } = new(host);

    /// <summary>Sockets that wait at ports.</summary>
    public ListenerCommands Listeners { get; } = new(host);

    /// <summary>Rules of ports.</summary>
    public PortRules Rules { get; } = new(host);

    /// <summary>NATs.</summary>
    public TranslationRules Translation { get; } = new(host);

    /// <summary>The way through firewalls.</summary>
    public FirewallRules Firewall { get; } = new(host);

    /// <summary>Interfaces of the host that are bound to switches.</summary>
    public UplinkCommands Uplinks { get; } = new(host, folder, root);

    /// <summary>Addresses and names for the machines on the default switch.</summary>
    public DhcpServer Dhcp { get; } = new(host, folder);
}
