using System.Globalization;

namespace Nestvisor.Networking.Host;

/// <summary>
/// DHCP and DNS on a switch: a dnsmasq(8) of its own, which goes on when the service ends. Its files are in one folder; it is known by its
/// configuration's path, which is on its command line.
/// </summary>
/// <param name="host">Where it runs.</param>
/// <param name="folder">Folder of its files, only this user's.</param>
public sealed class DhcpServer(NetworkHost host, string folder)
{
    // Of leases, in seconds: long enough that a machine keeps its address over a night, short enough that the range does not run out.
    private const int LeaseSeconds = 86400;

    private string ConfigurationFile => Path.Combine(folder, "dnsmasq.conf");

    private string ConfigurationArgument => $"--conf-file={ConfigurationFile}";

    private string ProcessFile => Path.Combine(folder, "dnsmasq.pid");

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => FindProcess() is not null;

    /// <summary>Starts it, or does nothing if it runs with these settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="HostNetworkException">It cannot be started.</exception>
    public async Task StartAsync(DhcpSettings settings)
    {
        string text = TextOf(settings);
        if (IsRunning && File.Exists(ConfigurationFile) && await File.ReadAllTextAsync(ConfigurationFile).ConfigureAwait(false) == text)
        {
            return;
        }

        await StopAsync().ConfigureAwait(false);
        _ = Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(ConfigurationFile, text).ConfigureAwait(false);

        // It returns when it listens, having gone into the background.
        _ = await host.RunAsync(
            $"give addresses and names on '{settings.Interface}'", "dnsmasq", [ConfigurationArgument]).ConfigureAwait(false);
    }

    /// <summary>Ends it and removes what it has been told; its leases stay. Does nothing if it does not run.</summary>
    /// <exception cref="HostNetworkException">It does not end.</exception>
    public async Task StopAsync()
    {
        if (FindProcess() is { } process)
        {
            await HostProcess.EndAsync(process, ConfigurationArgument).ConfigureAwait(false);
        }

        if (Directory.Exists(folder))
        {
            File.Delete(ProcessFile);
            File.Delete(ConfigurationFile);
        }
    }

    private int? FindProcess() =>
        File.Exists(ProcessFile)
        && int.TryParse(File.ReadAllText(ProcessFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
        && HostProcess.HasArgument(id, ConfigurationArgument)
            ? id
            : null;

    private string TextOf(DhcpSettings settings)
    {
        // The first addresses stay free for machines with an address of their own; the host's is among them.
        uint size = 1u << (32 - settings.Prefix.Length);
        uint first = Math.Min(64, size / 4);
        List<string> lines =
        [
            "# Made by nestvisor-service; it is written anew at each start.",
            $"interface={settings.Interface}",
            "except-interface=lo",
            "bind-interfaces",
            $"listen-address={settings.Server}",
            $"dhcp-range={settings.Prefix.AddressAt(first)},{settings.Prefix.AddressAt(size - 2)},{LeaseSeconds.ToString(CultureInfo.InvariantCulture)}",
            "dhcp-authoritative",
            "dhcp-no-override",
            $"dhcp-leasefile={Path.Combine(folder, "dnsmasq.leases")}",
            $"pid-file={ProcessFile}",
            $"log-facility={Path.Combine(folder, "dnsmasq.log")}",
            // Names of machines, as Hyper-V's default switch gives them.
            "domain=mshome.net",
            "local=/mshome.net/",
            // Not asked of the servers beyond: what has no domain, and reversed private addresses.
            "domain-needed",
            "bogus-priv",
        ];
        if (settings.Resolver is { } resolver)
        {
            lines.Add("no-resolv");
            lines.Add($"server={resolver}");
        }

        // Its own user cannot be had in a user namespace with one user, where root is the caller, and groups cannot be changed at all.
        if (host.IsElsewhere)
        {
            lines.Add("user=root");
            lines.Add("group=");
        }

        return string.Join('\n', lines) + "\n";
    }
}
