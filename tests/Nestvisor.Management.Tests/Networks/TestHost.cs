using Nestvisor.Api;
using Nestvisor.Api.Networks;
using Nestvisor.Management.HostAdapters.Dns;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Tests.HostAdapters;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>
/// A host with the interface up0 to a network outside, on which there is a server (203.0.113.1 behind 198.51.100.1), and a service's networks
/// on it, in this process. The host and all others are network namespaces.
/// </summary>
internal sealed class TestHost : IDisposable
{
    public const string Server = "203.0.113.1";
    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;
    private readonly List<NetworkSandbox> _guests = [];

    public TestHost()
    {
        Sandbox = new NetworkSandbox();
        Outside = new NetworkSandbox();
        Cable();
        _ = Outside.Run("ip address add 198.51.100.1/24 dev peer0; ip address add 203.0.113.1/32 dev lo");
        Network = Open();
    }

    public NetworkSandbox Sandbox { get; private set; }

    public NetworkSandbox Outside { get; }

    public FailingRunner Runner { get; private set; } = null!;

    public ManagedNetwork Network { get; private set; }

    public List<string> Complaints { get; } = [];

    /// <summary>Stands for the programs of the resolver.</summary>
    public FakeRunner Resolved { get; } = new();

    public string SettingsFile => Path.Combine(_folder, "networks.json");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>From now on names are systemd-resolved's matter.</summary>
    public void UseResolved()
    {
        string folder = Path.Combine(_folder, "root", "etc");
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "resolv.conf"), "nameserver 127.0.0.53\n");
    }

    public Task LoadAsync() => Network.LoadAsync(Cancellation);

    /// <summary>The service ends and the next one begins.</summary>
    public async Task RestartServiceAsync()
    {
        Network = Open();
        await Network.LoadAsync(Cancellation);
    }

    /// <summary>The host is started anew: nothing of the kernel's is left but what the host's own settings make.</summary>
    public void Reboot()
    {
        Sandbox.Dispose();
        foreach (NetworkSandbox guest in _guests)
        {
            guest.Dispose();
        }

        _guests.Clear();
        _ = Outside.Try("ip link delete peer0");
        Sandbox = new NetworkSandbox();
        Cable();
        _ = Outside.Run("ip address add 198.51.100.1/24 dev peer0");
        Network = Open();
    }

    public Task<SwitchInfo> CreateAsync(string name, SwitchType type = SwitchType.Internal, string? uplink = null, bool? hostPort = null) =>
        Network.CreateSwitchAsync(new CreateSwitchRequest { Name = name, Type = type, Uplink = uplink, AllowManagementOS = hostPort }, Cancellation);

    /// <summary>An internal switch with the host's port at 192.168.100.1 and a NAT.</summary>
    public async Task<(SwitchInfo Switch, NatInfo Nat)> CreateNatAsync()
    {
        SwitchInfo made = await CreateAsync("VmNAT");
        _ = await Network.AddAddressAsync(made.InterfaceIndex!.Value, new AddAddressRequest { Address = "192.168.100.1", PrefixLength = 24 }, Cancellation);
        NatInfo nat = await Network.CreateNatAsync(new CreateNatRequest { Name = "LocalNAT", InternalPrefix = "192.168.100.0/24" }, Cancellation);
        return (made, nat);
    }

    /// <summary>A guest that is plugged into a bridge: a namespace at the end of a cable.</summary>
    public NetworkSandbox AddGuest(string bridge, string? address = null, string? gateway = null)
    {
        NetworkSandbox guest = new();
        _guests.Add(guest);
        string port = $"g{_guests.Count}";
        Sandbox.Connect(port, guest, "eth0");
        _ = Sandbox.Run($"ip link set {port} master {bridge}");
        if (address is not null)
        {
            _ = guest.Run($"ip address add {address} dev eth0");
        }

        if (gateway is not null)
        {
            _ = guest.Run($"ip route add default via {gateway}");
        }

        return guest;
    }

    /// <summary>Unplugs all guests.</summary>
    public void RemoveGuests()
    {
        foreach (NetworkSandbox guest in _guests)
        {
            _ = guest.Run("ip link delete eth0");
            guest.Dispose();
        }

        _guests.Clear();
    }

    public static PortPolicy Policy(string mac = "00:15:5d:00:00:01") =>
        new() { Address = MacAddress.TryParse(mac, out MacAddress address) ? address : throw new FormatException(mac) };

    public void Dispose()
    {
        foreach (NetworkSandbox guest in _guests)
        {
            guest.Dispose();
        }

        // A name server is not in the namespace's process tree.
        string file = Path.Combine(_folder, "network", "dnsmasq.pid");
        if (File.Exists(file))
        {
            _ = Sandbox.Try($"kill {File.ReadAllText(file)}");
        }

        Sandbox.Dispose();
        Outside.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Cable()
    {
        Sandbox.Connect("up0", Outside, "peer0");
        _ = Sandbox.Run("ip address add 198.51.100.2/24 dev up0; ip route add default via 198.51.100.1; echo 0 > /proc/sys/net/ipv4/ip_forward");
    }

    private ManagedNetwork Open()
    {
        Runner = new FailingRunner(Sandbox.Runner);
        NestvisorPaths paths = NestvisorPaths.Create(_folder, Path.Combine(_folder, "r"));
        return new ManagedNetwork(new NetworkStore(paths.State), new NetworkPlace(paths, Runner), Complaints.Add)
        {
            NameServers = DnsServers.Create(Path.Combine(_folder, "root"), paths.State, Resolved),
        };
    }
}
