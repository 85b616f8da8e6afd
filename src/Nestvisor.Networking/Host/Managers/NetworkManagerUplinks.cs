using System.Globalization;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>
/// NetworkManager: two connections below /run, which end with the host's run, make the bridge what the interface was and the interface its
/// port (nm-settings-keyfile(5)).
/// </summary>
/// <param name="host">Where it runs.</param>
/// <param name="root">The folder that /run is in.</param>
internal sealed class NetworkManagerUplinks(NetworkHost host, string root) : IUplinkManager
{
    private const string Program = "nmcli";
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    private string Folder => Path.Combine(root, "run/NetworkManager/system-connections");

    // It takes an interface that has lost its bridge back to the bridge, as long as the connections are there.
    /// <inheritdoc/>
    public bool TakesBackFirst => true;

    /// <inheritdoc/>
    public bool Owns(UplinkManagement management) => management.Program == InterfaceManager.NetworkManager;

    /// <inheritdoc/>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        InterfaceManager managers = new(Path.Combine(root, "run"));
        if (managers.Of(link.Index) != InterfaceManager.NetworkManager || !Guid.TryParse(managers.ConnectionOf(link.Index), out Guid connection)
            || !(await HostProcess.ListAsync(host).ConfigureAwait(false)).Any(process => Path.GetFileName(process.Words[0]) == InterfaceManager.NetworkManager))
        {
            // It leaves it alone, or its files are left over or tell of another namespace.
            return null;
        }

        return new UplinkFound(new UplinkManagement
        {
            Program = InterfaceManager.NetworkManager,
            Connection = connection,
            File = await FileOfAsync(link.Name, connection).ConfigureAwait(false),
            BridgeConnection = Guid.NewGuid(),
            PortConnection = Guid.NewGuid(),
        });
    }

    /// <inheritdoc/>
    public async Task TakeAsync(UplinkHandover handover)
    {
        UplinkManagement management = handover.Management;
        try
        {
            string settings = await File.ReadAllTextAsync(Path.Join(root, management.File)).ConfigureAwait(false);
            await WriteAsync(handover.Bridge.Name, NetworkManagerFile.ForBridge(settings, handover)).ConfigureAwait(false);
            await WriteAsync(handover.Uplink, NetworkManagerFile.ForPort(settings, handover)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                $"The settings of NetworkManager for '{handover.Uplink}' ({management.File}) cannot be given to the bridge '{handover.Bridge.Name}': {error.Message}",
                error);
        }

        await RunAsync("read the connections of a virtual switch", "connection", "load", FileOf(handover.Bridge.Name), FileOf(handover.Uplink)).ConfigureAwait(false);
        CommandResult result = await host.TryAsync(Program, ["-w", Seconds(handover.NeedsLease), "connection", "up", "uuid", $"{management.BridgeConnection}"]).ConfigureAwait(false);
        if (handover.NeedsLease && !(result.ExitCode == 0 && await AwaitLeaseAsync(handover).ConfigureAwait(false)))
        {
            throw handover.NoLease(result.Error.Trim());
        }

        await RunAsync($"make '{handover.Uplink}' a port of the bridge '{handover.Bridge.Name}'", "-w", Seconds(true), "connection", "up", "uuid", $"{management.PortConnection}").ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task GiveBackAsync(UplinkHandover handover)
    {
        string[] files = [FileOf(handover.Uplink), FileOf(handover.Bridge.Name)];
        if (!Array.Exists(files, File.Exists))
        {
            return;
        }

        // Not waited for: with the bridge gone nothing changes if no DHCP server answers.
        CommandResult up = await host.TryAsync(
            Program, ["-w", "0", "connection", "up", "uuid", $"{handover.Management.Connection}", "ifname", handover.Uplink]).ConfigureAwait(false);
        foreach (string file in files)
        {
            File.Delete(file);
        }

        await RunAsync("read its connections", "connection", "reload").ConfigureAwait(false);
        if (up.ExitCode != 0)
        {
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                $"NetworkManager does not use its connection {handover.Management.Connection} on '{handover.Uplink}' again: {up.Error.Trim()} "
                + $"As root, run: nmcli device connect {handover.Uplink}");
        }
    }

    // A connection may be up without: by IPv6 alone.
    private async Task<bool> AwaitLeaseAsync(UplinkHandover handover)
    {
        long began = TimeProvider.System.GetTimestamp();
        do
        {
            CommandResult options = await host.TryAsync(Program, ["-t", "-f", "DHCP4", "device", "show", handover.Bridge.Name]).ConfigureAwait(false);
            if (options.Output.Contains("ip_address = ", StringComparison.Ordinal))
            {
                return true;
            }

            await Task.Delay(Rest).ConfigureAwait(false);
        }
        while (TimeProvider.System.GetElapsedTime(began) < UplinkHandover.Patience);
        return false;
    }

    private static string Seconds(bool waits) => (waits ? UplinkHandover.Patience.TotalSeconds : 0).ToString("0", CultureInfo.InvariantCulture);

    private Task RunAsync(string what, params string[] arguments) => host.RunAsync($"let NetworkManager {what}", Program, arguments);

    // Colons within a value have backslashes before them.
    private async Task<string> FileOfAsync(string name, Guid connection)
    {
        string output = await host.RunAsync("ask NetworkManager for its connections", Program, ["-t", "-f", "UUID,FILENAME", "connection", "show"]).ConfigureAwait(false);
        string? file = output.Split('\n').Select(line => line.Split(':', 2)).FirstOrDefault(parts => parts.Length == 2 && parts[0] == connection.ToString())?[1]
            .Replace("\\:", ":", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
        return file?.EndsWith(".nmconnection", StringComparison.Ordinal) == true
            ? file
            : throw new HostNetworkException(
                HostNetworkProblem.Refused,
                $"The network interface '{name}' cannot be bound to a virtual switch: NetworkManager configures it by a connection that is no keyfile ({file ?? "without a file"}), "
                + "which cannot be given to the switch. Make it one: nmcli connection migrate; or leave the interface to the switch alone, -AllowManagementOS $false, "
                + $"after: nmcli device set {name} managed no");
    }

    private string FileOf(string name) => Path.Combine(Folder, $"nestvisor-{name}.nmconnection");

    // NetworkManager reads no connection that others may read.
    private async Task WriteAsync(string name, string text)
    {
        _ = Directory.CreateDirectory(Folder);
        _ = await host.RunAsync($"write the connection of '{name}'", "sh", ["-c", "umask 077 && cat > \"$1\"", "sh", FileOf(name)], text).ConfigureAwait(false);
    }
}
