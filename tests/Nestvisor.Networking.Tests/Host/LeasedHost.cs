using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>
/// A host whose interface up0 has its address from a DHCP server outside, by one of Debian's DHCP clients. The client's files are in a mount namespace of
/// the host's.
/// </summary>
internal sealed class LeasedHost : IDisposable
{
    /// <summary>The address that the server gives.</summary>
    public const string Address = "198.51.100.77";

    private const string Mounts = "mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /var/lib/dhcp && touch /run/resolv.conf && mount --bind /run/resolv.conf \"$(readlink -f /etc/resolv.conf)\" "
        + "&& mount -t tmpfs none /usr/local/bin && cp \"$BUSYBOX\" /usr/local/bin/busybox";

    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;

    public LeasedHost(string client, string interfaces = "up0")
    {
        string busybox = PackageOf("busybox-static", "bin/busybox");
        Host = new NetworkSandbox(Mounts.Replace("$BUSYBOX", busybox, StringComparison.Ordinal));
        Outside = new NetworkSandbox();
        Host.Connect("up0", Outside, "peer0");
        _ = Outside.Run("ip address add 198.51.100.1/24 dev peer0; ip address add 203.0.113.1/32 dev lo");
        _ = StartServer();
        // It gives up earlier than the default of a minute.
        File.WriteAllText(Path.Combine(_folder, "conf"), "timeout 5;\nrequest subnet-mask, broadcast-address, routers;\n");
        Client = client switch
        {
            "dhclient" => $"{PackageOf("isc-dhcp-client", "sbin/dhclient")} -4 -v -i -pf /run/dhclient.up0.pid -lf /var/lib/dhcp/dhclient.up0.leases "
                + $"-df /var/lib/dhcp/dhclient6.up0.leases -sf {PackageOf("isc-dhcp-client", "sbin/dhclient-script")} -cf {Path.Combine(_folder, "conf")} {interfaces}",
            "udhcpc" => $"busybox udhcpc -b -R -p /run/udhcpc.up0.pid -i up0 -s {PackageOf("udhcpc", "etc/udhcpc/default.script")}",
            _ => throw new ArgumentOutOfRangeException(nameof(client)),
        };
        _ = Host.Run($"PATH=/usr/local/bin:$PATH {Client} </dev/null >/run/client.log 2>&1");
        Runner = new FailingRunner(Host.Runner);
        Kernel = new HostKernel(new NetworkHost(Runner, "00000000"), Path.Combine(_folder, "network"), "/nonexistent");
    }

    public NetworkSandbox Host { get; }

    public NetworkSandbox Outside { get; }

    public FailingRunner Runner { get; }

    public HostKernel Kernel { get; }

    /// <summary>The client's command line.</summary>
    public string Client { get; }

    /// <summary>What the server has written of the messages.</summary>
    public string ServerLog => File.ReadAllText(Path.Combine(_folder, "log"));

    /// <summary>Command lines of the DHCP clients that run on the host.</summary>
    public string Clients => Host.Run("for p in $(ls /proc | grep '^[0-9]'); do [ \"$(readlink /proc/$p/ns/net)\" = \"$(readlink /proc/self/ns/net)\" ] && tr '\\0' ' ' </proc/$p/cmdline && echo; done | grep -E '^[^ ]*(dhclient|udhcpc|busybox udhcpc) ' || true");

    public string StartServer(string range = Address) => Outside.Run(
        $"dnsmasq --conf-file=/dev/null --interface=peer0 --bind-interfaces --port=0 --dhcp-range={range},{range},255.255.255.0,1h --dhcp-option=3,198.51.100.1 --dhcp-authoritative --no-ping "
        + $"--dhcp-leasefile={_folder}/leases --pid-file={_folder}/pid --log-dhcp --log-facility={_folder}/log --user=root");

    public int StopServer() => Outside.Try($"kill $(cat {_folder}/pid) && while kill -0 $(cat {_folder}/pid); do :; done; rm -f {_folder}/leases").Code;

    /// <summary>Waits until an interface has an address and the default route of the server's.</summary>
    public void WaitForLease(string name) => Assert.True(
        SpinWait.SpinUntil(
            () => Host.Run($"ip -4 address show dev {name}").Contains("inet ", StringComparison.Ordinal) && Host.Run("ip route").Contains($"default via 198.51.100.1 dev {name}", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60)),
        $"No lease at {name}:\n{Host.Run("ip address; ip route")}{Clients}{ServerLog}");

    public void Dispose()
    {
        _ = StopServer();
        Outside.Dispose();

        // Clients are not in the namespace's process tree.
        _ = Host.Try("for p in $(ls /proc | grep '^[0-9]'); do [ $p != $$ ] && [ \"$(readlink /proc/$p/ns/net)\" = \"$(readlink /proc/self/ns/net)\" ] && grep -aqE 'dhclient|udhcpc' /proc/$p/cmdline && kill -9 $p; done");
        Host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // The packages are fetched for guests, and unpacked.
    private static string PackageOf(string package, string file)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Nestvisor.slnx")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The test program is not inside the repository.");
        }

        string cache = Path.Combine(Environment.GetEnvironmentVariable("NESTVISOR_GUESTS") ?? Path.Combine(root, "artifacts", "guests"), "cache", "packages");
        string? folder = Directory.Exists(cache) ? Directory.EnumerateDirectories(cache, $"{package}_*").FirstOrDefault() : null;
        Assert.SkipWhen(folder is null, $"Debian's package {package} has not been fetched: guests/build.sh does that.");
        return Path.Combine(folder!, file);
    }
}
