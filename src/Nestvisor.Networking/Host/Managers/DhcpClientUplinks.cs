using System.Globalization;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>
/// DHCP clients that are a process for an interface, as ifupdown and others start them: dhclient(8), and BusyBox's udhcpc. They are ended
/// without giving the lease back, and started with the other interface's name and else the same words.
/// </summary>
/// <param name="host">Where they run.</param>
/// <param name="folder">Folder for what they say.</param>
internal sealed class DhcpClientUplinks(NetworkHost host, string folder) : IUplinkManager
{
    private const string Udhcpc = "udhcpc";
    private const string Dhclient = "dhclient";

    // What the process says that has a lease.
    private const string DhclientBound = "bound to ";
    private const string UdhcpcBound = "lease of ";

    private const string ForIPv6 = "-6";
    private const string LeaseFileOption = "-lf";
    private const string UsualLeaseFile = "/var/lib/dhcp/dhclient.leases";

    // From the shell, which gives the client files that it may keep open when it goes into the background.
    private const string Start = "PATH=$PATH:/usr/sbin:/sbin exec \"$@\" </dev/null >\"$0\" 2>&1";
    private const string StartAlone = "PATH=$PATH:/usr/sbin:/sbin setsid \"$@\" </dev/null >\"$0\" 2>&1 &";

    // Options of dhclient(8) that the next word belongs to.
    private static readonly string[] ValueOptions = ["-p", "-s", "-g", "-D", "-V", "-C", "-F", "-H", "-R", "-e", "-lf", "-pf", "-df", "-cf", "-sf", "-T", "-timeout", "--address-prefix-len"];

    private string LogFile => Path.Combine(folder, "dhcp-client.log");

    /// <inheritdoc/>
    public bool TakesBackFirst => false;

    /// <inheritdoc/>
    public bool Owns(UplinkManagement management) => management.Program is Udhcpc or Dhclient;

    /// <inheritdoc/>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        List<HostProcess> found = await ListAsync(words => Serves(words, link.Name)).ConfigureAwait(false);
        if (found.Count == 0)
        {
            return null;
        }

        foreach (HostProcess process in found)
        {
            string id = process.Id.ToString(CultureInfo.InvariantCulture);
            if (Array.Exists(process.Words, word => word is "-d" or "-f" or "--foreground"))
            {
                throw Refused(link.Name, $"{process.Words[0]} (process {id}), which leases its address, runs in the foreground of a program that would start it again. End it there");
            }

            if (!process.Words.Contains(link.Name))
            {
                throw Refused(link.Name, $"{process.Words[0]} (process {id}), which leases its address, was started for all interfaces. Start it for each alone: {process.Words[0]} {link.Name}");
            }
        }

        string program = ProgramOf(found[0].Words);
        string leases = program == Dhclient ? await LeasesAsync(found).ConfigureAwait(false) : "";
        return new UplinkFound(
            new UplinkManagement { Program = program, Processes = [.. found.Select(process => process.Words)] },

            // What dhclient finds at its place it leaves without an end. The script of udhcpc gives none an end, and removes all others.
            address => program == Udhcpc || leases.Contains($"fixed-address {address.Local};", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public async Task TakeAsync(UplinkHandover handover)
    {
        await EndAsync(handover).ConfigureAwait(false);
        if (handover.Moves)
        {
            await StartAsync(handover, handover.Bridge.Name, handover.NeedsLease).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task GiveBackAsync(UplinkHandover handover)
    {
        List<HostProcess> there = await ListAsync(words => handover.Management.Processes.Any(each => each.SequenceEqual(words))).ConfigureAwait(false);
        if (there.Count == handover.Management.Processes.Count)
        {
            return;
        }

        await EndAsync(handover).ConfigureAwait(false);
        await StartAsync(handover, handover.Uplink, needsLease: false).ConfigureAwait(false);
    }

    private async Task<string> LeasesAsync(List<HostProcess> processes)
    {
        IEnumerable<string> files = processes.Select(process => Array.IndexOf(process.Words, LeaseFileOption) is > 0 and var at && at + 1 < process.Words.Length ? process.Words[at + 1] : UsualLeaseFile);
        return (await host.TryAsync("cat", [.. files]).ConfigureAwait(false)).Output;
    }

    // SIGKILL: some give the lease back at any other signal, and their scripts take addresses away.
    private async Task EndAsync(UplinkHandover handover)
    {
        bool IsOne(string[] words) => handover.Management.Processes.Any(
            each => words.SequenceEqual(each) || (ProgramOf(words) == ProgramOf(each) && words.Contains(handover.Bridge.Name)));
        foreach (HostProcess process in await ListAsync(IsOne).ConfigureAwait(false))
        {
            await HostProcess.EndAsync(process.Id, process.Words[^1], outright: true).ConfigureAwait(false);
        }
    }

    private async Task StartAsync(UplinkHandover handover, string name, bool needsLease)
    {
        _ = Directory.CreateDirectory(folder);
        foreach (IReadOnlyList<string> process in handover.Management.Processes)
        {
            string[] words = [.. process.Select(word => word == handover.Uplink ? name : word)];
            if (!needsLease || process.Contains(ForIPv6))
            {
                _ = await host.RunAsync($"start the DHCP client of '{name}'", "sh", ["-c", StartAlone, LogFile, .. words]).ConfigureAwait(false);
                continue;
            }

            (bool isBound, string said) = await RunToLeaseAsync(words).ConfigureAwait(false);
            if (!isBound)
            {
                throw handover.NoLease(said);
            }
        }
    }

    // Runs a client until it goes into the background, which it does when it has a lease, unless it gives up.
    private async Task<(bool IsBound, string Said)> RunToLeaseAsync(string[] words)
    {
        string[] telling = ProgramOf(words) == Dhclient ? [words[0], "-v", .. words[1..].Where(word => word is not ("-nw" or "-q"))] : words;
        File.Delete(LogFile);
        using CancellationTokenSource limit = new(UplinkHandover.Patience);
        bool hasEnded = false;
        try
        {
            CommandResult result = await host.TryAsync("sh", ["-c", Start, LogFile, .. telling], limit.Token).ConfigureAwait(false);
            hasEnded = result.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            // What it has said till then tells why.
        }

        string said = File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile, CancellationToken.None).ConfigureAwait(false) : "";
        return (hasEnded && (said.Contains(DhclientBound, StringComparison.Ordinal) || said.Contains(UdhcpcBound, StringComparison.Ordinal)), said.Trim());
    }

    private static bool Serves(string[] words, string name)
    {
        if (ProgramOf(words) != Dhclient)
        {
            return ProgramOf(words) == Udhcpc && words.Contains(name);
        }

        // Without the name of an interface it serves all.
        IEnumerable<string> names = words.Where((word, i) => i > 0 && word[0] != '-' && !ValueOptions.Contains(words[i - 1]));
        return names.Contains(name) || !names.Any();
    }

    private static string ProgramOf(IReadOnlyList<string> words)
    {
        string name = Path.GetFileName(words[0]);
        return name.StartsWith("busybox", StringComparison.Ordinal) && words.Count > 1 ? words[1] : name;
    }

    private async Task<List<HostProcess>> ListAsync(Func<string[], bool> condition) =>
        [.. (await HostProcess.ListAsync(host).ConfigureAwait(false)).Where(process => condition(process.Words))];

    private static HostNetworkException Refused(string name, string reason) => new(
        HostNetworkProblem.Refused, $"The network interface '{name}' cannot be bound to a virtual switch: {reason}, or give the interface a fixed address.");
}
