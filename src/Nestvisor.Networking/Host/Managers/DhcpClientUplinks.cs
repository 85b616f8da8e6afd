using System.Globalization;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>
/// DHCP clients that are a process for an interface, as ifupdown and others start them. They wait while one with the same words and the bridge's name asks for
/// the lease, and are ended when it has it, without giving theirs back.
/// </summary>
/// <param name="host">Where they run.</param>
/// <param name="folder">Folder for what they say.</param>
internal sealed class DhcpClientUplinks(NetworkHost host, string folder) : IUplinkManager
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;

    // What the process says that has a lease.
    private const string DhclientBound = "bound to ";
    private const string UdhcpcBound = "lease of ";

    // From the shell, which gives the client files that it may keep open when it goes into the background.
    private const string Start = "PATH=$PATH:/usr/sbin:/sbin exec \"$@\" </dev/null >\"$0\" 2>&1";
    private const string StartAlone = "PATH=$PATH:/usr/sbin:/sbin setsid \"$@\" </dev/null >\"$0\" 2>&1 &";

    private string LogFile => Path.Combine(folder, "dhcp-client.log");

    /// <inheritdoc/>
    public bool TakesBackFirst => false;

    /// <inheritdoc/>
    public bool Owns(UplinkManagement management) => management.Program is DhcpClientCommand.Udhcpc or DhcpClientCommand.Dhclient;

    /// <inheritdoc/>
    public async Task<UplinkFound?> FindAsync(KernelLink link)
    {
        List<HostProcess> found = await ListAsync(command => command.Serves(link.Name)).ConfigureAwait(false);
        List<DhcpClientCommand> commands = [.. found.Select(process => new DhcpClientCommand(process.Words))];
        if (found.Count == 0)
        {
            return null;
        }

        for (int i = 0; i < found.Count; i++)
        {
            string client = $"{commands[i].Program} (process {found[i].Id.ToString(CultureInfo.InvariantCulture)}), which leases its address,";
            if (commands[i].IsInForeground)
            {
                throw Refused(link.Name, $"{client} runs in the foreground of a program that would start it again. Let it run in the background");
            }

            if (!found[i].Words.Contains(link.Name))
            {
                throw Refused(link.Name, $"{client} was started for all interfaces. Start it for each alone: {commands[i].Program} {link.Name}");
            }
        }

        string program = commands[0].Program;
        string leases = program == DhcpClientCommand.Dhclient
            ? (await host.TryAsync("cat", [.. commands.Select(command => command.LeaseFile)]).ConfigureAwait(false)).Output
            : "";
        return new UplinkFound(
            new UplinkManagement { Program = program, Processes = [.. found.Select(process => process.Words)] },

            // What dhclient finds at its place it leaves without an end. The script of udhcpc gives none an end, and removes all others.
            address => program == DhcpClientCommand.Udhcpc || leases.Contains($"fixed-address {address.Local};", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public async Task TakeAsync(UplinkHandover handover)
    {
        if (handover.Moves)
        {
            foreach (HostProcess process in await ListAsync(IsOriginal(handover)).ConfigureAwait(false))
            {
                _ = ProcessControl.Signal(process.Id, StopSignal);
            }

            foreach (DhcpClientCommand command in CommandsOf(handover))
            {
                await StartOnBridgeAsync(handover, command).ConfigureAwait(false);
            }
        }

        await EndAsync(IsOriginal(handover)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task GiveBackAsync(UplinkHandover handover)
    {
        await EndAsync(command => CommandsOf(handover).Any(each => each.Program == command.Program) && command.Words.Contains(handover.Bridge.Name)).ConfigureAwait(false);
        List<HostProcess> there = await ListAsync(IsOriginal(handover)).ConfigureAwait(false);
        foreach (DhcpClientCommand command in CommandsOf(handover))
        {
            if (there.Find(process => process.Words.SequenceEqual(command.Words)) is not { } process)
            {
                await StartAloneAsync(command, handover.Uplink).ConfigureAwait(false);
                continue;
            }

            if (command.ProcessFile is { } file)
            {
                string id = process.Id.ToString(CultureInfo.InvariantCulture);
                _ = await host.RunAsync($"write '{file}'", "sh", ["-c", "echo \"$1\" > \"$2\"", "sh", id, file]).ConfigureAwait(false);
            }

            _ = ProcessControl.Signal(process.Id, ContinueSignal);
        }
    }

    private static IEnumerable<DhcpClientCommand> CommandsOf(UplinkHandover handover) => handover.Management.Processes.Select(words => new DhcpClientCommand(words));

    private static Func<DhcpClientCommand, bool> IsOriginal(UplinkHandover handover) =>
        command => handover.Management.Processes.Any(words => words.SequenceEqual(command.Words));

    // SIGKILL: some give the lease back at any other signal, and their scripts take addresses away.
    private async Task EndAsync(Func<DhcpClientCommand, bool> condition)
    {
        foreach (HostProcess process in await ListAsync(condition).ConfigureAwait(false))
        {
            await HostProcess.EndAsync(process.Id, process.Words[^1], outright: true).ConfigureAwait(false);
        }
    }

    private async Task StartOnBridgeAsync(UplinkHandover handover, DhcpClientCommand command)
    {
        if (command.ProcessFile is { } file)
        {
            // One whose number is there, waiting or not, would be taken for the same.
            _ = await host.RunAsync($"remove '{file}'", "rm", ["-f", file]).ConfigureAwait(false);
        }

        DhcpClientCommand moved = command.For(handover.Uplink, handover.Bridge.Name);
        if (!handover.NeedsLease || command.IsForIPv6)
        {
            await StartAloneAsync(moved, handover.Bridge.Name).ConfigureAwait(false);
            return;
        }

        (bool isBound, string said) = await RunToLeaseAsync(moved.Telling()).ConfigureAwait(false);
        if (!isBound)
        {
            throw handover.NoLease(said);
        }
    }

    private async Task StartAloneAsync(DhcpClientCommand command, string name)
    {
        _ = Directory.CreateDirectory(folder);
        _ = await host.RunAsync($"start the DHCP client of '{name}'", "sh", ["-c", StartAlone, LogFile, .. command.Words]).ConfigureAwait(false);
    }

    // Runs a client until it goes into the background, which it does when it has a lease, unless it gives up.
    private async Task<(bool IsBound, string Said)> RunToLeaseAsync(DhcpClientCommand command)
    {
        _ = Directory.CreateDirectory(folder);
        File.Delete(LogFile);
        using CancellationTokenSource limit = new(UplinkHandover.Patience);
        bool hasEnded = false;
        try
        {
            CommandResult result = await host.TryAsync("sh", ["-c", Start, LogFile, .. command.Words], limit.Token).ConfigureAwait(false);
            hasEnded = result.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            // What it has said till then tells why.
        }

        string said = File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile, CancellationToken.None).ConfigureAwait(false) : "";
        return (hasEnded && (said.Contains(DhclientBound, StringComparison.Ordinal) || said.Contains(UdhcpcBound, StringComparison.Ordinal)), said.Trim());
    }

    private async Task<List<HostProcess>> ListAsync(Func<DhcpClientCommand, bool> condition) =>
    [
        .. (await HostProcess.ListAsync(host).ConfigureAwait(false)).Where(process => new DhcpClientCommand(process.Words) is { IsKnown: true } command && condition(command)),
    ];

    private static HostNetworkException Refused(string name, string reason) => new(
        HostNetworkProblem.Refused, $"The network interface '{name}' cannot be bound to a virtual switch: {reason}, or give the interface a fixed address.");
}
