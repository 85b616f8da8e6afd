using System.Globalization;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>dhcpcd(8), which serves all interfaces by one process, or each by one of its own, and is told by itself to leave one or to take one.</summary>
/// <param name="host">Where it runs.</param>
/// <param name="folder">Folder for what it says.</param>
internal sealed class DhcpcdUplinks(NetworkHost host, string folder) : IUplinkManager
{
    private const string Program = "dhcpcd";
    private const string AddressLine = "ip_address=";

    // From the shell: it may keep what it has been given open when it goes into the background.
    private const string Start = "PATH=$PATH:/usr/sbin:/sbin exec dhcpcd \"$1\" </dev/null >\"$0\" 2>&1";
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    private string LogFile => Path.Combine(folder, "dhcp-client.log");

    /// <inheritdoc/>
    public bool TakesBackFirst => false;

    /// <inheritdoc/>
    public bool Owns(UplinkManagement management) => management.Program == Program;

    /// <inheritdoc/>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        // It writes what it does where its command line was: "dhcpcd: [manager] [ip4]".
        bool runs = (await HostProcess.ListAsync(host).ConfigureAwait(false)).Any(
            process => Path.GetFileName(process.Words[0]) == Program || process.Words[0].StartsWith(Program + ":", StringComparison.Ordinal));
        return runs && await HasLeaseAsync(link.Name).ConfigureAwait(false) ? new UplinkFound(new UplinkManagement { Program = Program }) : null;
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

        await StartAsync(handover.Bridge.Name).ConfigureAwait(false);
        long began = TimeProvider.System.GetTimestamp();
        while (handover.NeedsLease && !await HasLeaseAsync(handover.Bridge.Name).ConfigureAwait(false))
        {
            if (TimeProvider.System.GetElapsedTime(began) > UplinkHandover.Patience)
            {
                throw handover.NoLease((await File.ReadAllTextAsync(LogFile).ConfigureAwait(false)).Trim());
            }

            await Task.Delay(Rest).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task GiveBackAsync(UplinkHandover handover) => StartAsync(handover.Uplink);

    private async Task StartAsync(string name)
    {
        _ = Directory.CreateDirectory(folder);
        CommandResult result = await host.TryAsync("sh", ["-c", Start, LogFile, name]).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            string said = await File.ReadAllTextAsync(LogFile).ConfigureAwait(false);
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                string.Create(CultureInfo.InvariantCulture, $"{Program} does not serve '{name}' (exit code {result.ExitCode}): {said.Trim()} As root, run: {Program} {name}"));
        }
    }

    private async Task<bool> HasLeaseAsync(string name)
    {
        CommandResult result = await host.TryAsync(Program, ["-4", "-U", name]).ConfigureAwait(false);
        return result.ExitCode == 0 && result.Output.Contains(AddressLine, StringComparison.Ordinal);
    }
}
