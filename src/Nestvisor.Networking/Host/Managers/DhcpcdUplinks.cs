using System.Globalization;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>dhcpcd(8) with a process for an interface, which another one tells to leave it.</summary>
/// <param name="host">Where it runs.</param>
/// <param name="folder">Folder for what it says.</param>
internal sealed class DhcpcdUplinks(NetworkHost host, string folder) : IUplinkManager
{
    private const string Program = "dhcpcd";
    private const string AddressLine = "ip_address=";

    // From the shell: it may keep what it has been given open when it goes into the background.
    private const string Start = "PATH=$PATH:/usr/sbin:/sbin exec dhcpcd \"$@\" </dev/null >\"$0\" 2>&1";

    // Of a process for all interfaces; the second until version 9.4.
    private static readonly string[] ManagerTitles = ["[manager]", "[master]"];

    private string LogFile => Path.Combine(folder, "dhcp-client.log");

    /// <inheritdoc/>
    public bool TakesBackFirst => false;

    /// <inheritdoc/>
    public bool Owns(UplinkManagement management) => management.Program == Program;

    /// <inheritdoc/>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        // It writes what it does where its command line was: "dhcpcd: eth0 [ip4]", or "dhcpcd: [manager] [ip4]".
        List<string> titles = [.. (await HostProcess.ListAsync(host).ConfigureAwait(false)).Select(process => process.Words[0]).Where(title => title.StartsWith($"{Program}: ", StringComparison.Ordinal))];
        if (titles.Exists(title => title.StartsWith($"{Program}: {link.Name} ", StringComparison.Ordinal)))
        {
            return new UplinkFound(new UplinkManagement { Program = Program });
        }

        // What serves all interfaces does not leave one of them when it is told to.
        return titles.Exists(title => ManagerTitles.Any(each => title.StartsWith($"{Program}: {each}", StringComparison.Ordinal))) && await HasLeaseAsync(link.Name).ConfigureAwait(false)
            ? throw new HostNetworkException(
                HostNetworkProblem.Refused,
                $"The network interface '{link.Name}' cannot be bound to a virtual switch: {Program}, which leases its address, serves all interfaces by one process. "
                + $"Let each have its own ({Program} {link.Name}), or give the interface a fixed address.")
            : null;
    }

    // Without giving the lease back. One that sees its address go asks for it again, and may not heed for long that it is told to leave.
    /// <inheritdoc/>
    public IReadOnlyList<string> Leaving(string name) => [Program, "-x", name];

    /// <inheritdoc/>
    public async Task TakeAsync(UplinkHandover handover)
    {
        if (!handover.Moves)
        {
            return;
        }

        // It goes into the background when it has a lease or an address of its own choice, or ends.
        try
        {
            await StartAsync(handover.NeedsLease ? [handover.Bridge.Name] : ["-b", handover.Bridge.Name]).ConfigureAwait(false);
        }
        catch (HostNetworkException error) when (handover.NeedsLease)
        {
            throw handover.NoLease(error.Message);
        }

        // A lease has an end, the address that was moved has none.
        IReadOnlyList<KernelAddresses> all = await new AddressCommands(host).ListAsync().ConfigureAwait(false);
        if (handover.NeedsLease && !all.Any(entry => entry.Index == handover.Bridge.Index && entry.Addresses.Any(address => address.IsIPv4 && address.IsDynamic)))
        {
            throw handover.NoLease();
        }
    }

    /// <inheritdoc/>
    public Task GiveBackAsync(UplinkHandover handover) => StartAsync("-b", handover.Uplink);

    private async Task StartAsync(params string[] arguments)
    {
        _ = Directory.CreateDirectory(folder);

        // Its own patience may have no end (timeout 0).
        using CancellationTokenSource limit = new(UplinkHandover.Patience);
        CommandResult result;
        try
        {
            result = await host.TryAsync("sh", ["-c", Start, LogFile, .. arguments], limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            result = new CommandResult(-1, "", "");
        }

        if (result.ExitCode != 0)
        {
            string said = await File.ReadAllTextAsync(LogFile).ConfigureAwait(false);
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                string.Create(CultureInfo.InvariantCulture, $"{Program} does not serve '{arguments[^1]}' (exit code {result.ExitCode}): {said.Trim()} As root, run: {Program} {arguments[^1]}"));
        }
    }

    private async Task<bool> HasLeaseAsync(string name)
    {
        CommandResult result = await host.TryAsync(Program, ["-4", "-U", name]).ConfigureAwait(false);
        return result.ExitCode == 0 && result.Output.Contains(AddressLine, StringComparison.Ordinal);
    }
}
