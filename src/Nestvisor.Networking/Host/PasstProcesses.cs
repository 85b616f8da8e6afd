using System.ComponentModel;
using System.Globalization;
using Nestvisor.Platform.Processes;

namespace Nestvisor.Networking.Host;

/// <summary>
/// The networks of adapters whose user can have no network namespace: a passt(1) for each, which speaks with the host's network as an ordinary
/// program of this user. It serves one client, the machine's worker, and ends with the connection to it.
/// </summary>
/// <param name="runtimeFolder">Folder of the sockets in one that is only this user's, made when it is needed; its path tells our processes from others.</param>
/// <param name="logFolder">Folder of what they print.</param>
/// <param name="withoutNamespaces">
/// Words before passt and its arguments that run it where it can make no user namespace for itself.
/// </param>
public sealed class PasstProcesses(string runtimeFolder, string logFolder, IReadOnlyList<string> withoutNamespaces)
{
    // What a guest takes an adapter to have, whether it asks or not.
    private const string Mtu = "1500";
    private const string SocketEnding = ".sock";
    private const string ProcessEnding = ".pid";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    /// <summary>The adapters whose passt runs.</summary>
    public IReadOnlyList<Guid> Running => [.. Known.Where(adapter => FindProcess(adapter) is not null)];

    private IEnumerable<Guid> Known
    {
        get
        {
            if (Directory.Exists(runtimeFolder))
            {
                foreach (string file in Directory.EnumerateFiles(runtimeFolder, "*" + ProcessEnding))
                {
                    if (Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "N", out Guid adapter))
                    {
                        yield return adapter;
                    }
                }
            }
        }
    }

    /// <summary>Whether the passt of an adapter runs.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>True if so.</returns>
    public bool IsRunning(Guid adapter) => FindProcess(adapter) is not null;

    /// <summary>Starts the passt of an adapter, in place of one that there was.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Path of its socket, where it waits for its client.</returns>
    /// <exception cref="HostNetworkException">It cannot be started, with the reason.</exception>
    public async Task<string> StartAsync(Guid adapter, CancellationToken cancellation)
    {
        await StopAsync(adapter).ConfigureAwait(false);
        string passt = CommandRunner.Find("passt");
        _ = Directory.CreateDirectory(runtimeFolder);
        _ = Directory.CreateDirectory(logFolder);

        // No port of the host leads to the guest, and the gateway is not the host itself. passt keeps its log short.
        List<string> words =
        [
            passt, "--foreground", "--one-off", "--quiet", "--log-file", LogOf(adapter),
            "--socket", SocketOf(adapter), "--pid", ProcessFileOf(adapter), "--mtu", Mtu,
            "--tcp-ports", "none", "--udp-ports", "none", "--no-map-gw", "--dns-forward", UserNetwork.Resolver.ToString(),
        ];
        foreach (string server in HostResolvers.BeyondLoopback())
        {
            words.AddRange(["--dns", server]);
        }

        if (await TryStartAsync(adapter, words, cancellation).ConfigureAwait(false)
            || (!await CanShutInAsync(cancellation).ConfigureAwait(false)
                && await TryStartAsync(adapter, [.. withoutNamespaces, .. words], cancellation).ConfigureAwait(false)))
        {
            return SocketOf(adapter);
        }

        string output = (await File.ReadAllTextAsync(OutputOf(adapter), cancellation).ConfigureAwait(false)).Trim();
        await StopAsync(adapter).ConfigureAwait(false);
        throw new HostNetworkException(HostNetworkProblem.Failed, $"passt did not start. It said: {output}");
    }

    /// <summary>Ends the passt of an adapter. Does nothing if there is none.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">It does not end.</exception>
    public async Task StopAsync(Guid adapter)
    {
        if (FindProcess(adapter) is { } process)
        {
            await HostProcess.EndAsync(process, SocketOf(adapter)).ConfigureAwait(false);
        }

        if (Directory.Exists(runtimeFolder))
        {
            File.Delete(SocketOf(adapter));
            File.Delete(ProcessFileOf(adapter));
        }

        if (Directory.Exists(logFolder))
        {
            File.Delete(LogOf(adapter));
            File.Delete(OutputOf(adapter));
        }
    }

    /// <summary>Ends all but those of some adapters.</summary>
    /// <param name="kept">The adapters.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">One does not end.</exception>
    public async Task StopOthersAsync(IReadOnlySet<Guid> kept)
    {
        foreach (Guid adapter in Known.Where(adapter => !kept.Contains(adapter)).ToList())
        {
            await StopAsync(adapter).ConfigureAwait(false);
        }
    }

    private string SocketOf(Guid adapter) => Path.Combine(runtimeFolder, adapter.ToString("N") + SocketEnding);

    private string ProcessFileOf(Guid adapter) => Path.Combine(runtimeFolder, adapter.ToString("N") + ProcessEnding);

    private string LogOf(Guid adapter) => Path.Combine(logFolder, $"passt-{adapter:N}.log");

    private string OutputOf(Guid adapter) => Path.Combine(logFolder, $"passt-{adapter:N}.out");

    private int? FindProcess(Guid adapter)
    {
        try
        {
            return int.TryParse(File.ReadAllText(ProcessFileOf(adapter)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && HostProcess.HasArgument(id, SocketOf(adapter))
                    ? id
                    : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // Whether this user can make what passt shuts itself in with; then it never runs without, whatever else keeps it from starting.
    private static async Task<bool> CanShutInAsync(CancellationToken cancellation) =>
        (await new CommandRunner([]).RunAsync("unshare", ["--user", "--mount", "--ipc", "--uts", "true"], "", cancellation).ConfigureAwait(false)).ExitCode == 0;

    // passt writes its identifier when it has shut itself in and waits for its client.
    private async Task<bool> TryStartAsync(Guid adapter, IReadOnlyList<string> words, CancellationToken cancellation)
    {
        File.Delete(SocketOf(adapter));
        File.Delete(ProcessFileOf(adapter));
        DetachedProcess process;
        try
        {
            process = DetachedProcess.Start(words[0], [.. words.Skip(1)], OutputOf(adapter));
        }
        catch (Win32Exception error)
        {
            throw new HostNetworkException(HostNetworkProblem.Failed, $"passt did not start: {error.Message}", error);
        }

        Task<int> exit = Task.Factory.StartNew(process.WaitForExit, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        long began = TimeProvider.System.GetTimestamp();
        while (FindProcess(adapter) is null)
        {
            if (exit.IsCompleted)
            {
                return false;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                await HostProcess.EndAsync(process.Id, SocketOf(adapter)).ConfigureAwait(false);
                return false;
            }

            await Task.Delay(Rest, cancellation).ConfigureAwait(false);
        }

        return true;
    }
}
