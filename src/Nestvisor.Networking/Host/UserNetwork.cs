using System.ComponentModel;
using System.Globalization;
using System.Net;
using Nestvisor.Platform;
using Nestvisor.Platform.Processes;

namespace Nestvisor.Networking.Host;

/// <summary>
/// The network of a user who is not root: a user and a network namespace that pasta(1) makes and connects with the host's network as an
/// ordinary program of this user. A process holds it and outlives the service.
/// </summary>
/// <param name="folder">Folder of its files, only this user's; its path tells the holder from others.</param>
public sealed class UserNetwork(string folder)
{
    /// <summary>Address in the namespace whose name server is the host's, wherever that is.</summary>
    public static readonly IPAddress Resolver = new([169, 254, 53, 53]);

    private const string TunDevice = "/dev/net/tun";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    private string HolderFile => Path.Combine(folder, "holder");

    private string LogFile => Path.Combine(folder, "pasta.log");

    // tail waits for more of an empty file: a program of every system that does nothing, with the file on its command line.
    private string[] HolderWords => ["tail", "-f", HolderFile];

    /// <summary>The process that holds the namespaces; null if there is none.</summary>
    /// <returns>Its identifier.</returns>
    public int? FindHolder() => HostProcess.Find(HolderWords);

    /// <summary>The words that a command line begins with to run in the namespaces.</summary>
    /// <param name="holder">The process that holds them.</param>
    /// <returns>Program and arguments.</returns>
    /// <exception cref="HostNetworkException">nsenter is not installed.</exception>
    public static IReadOnlyList<string> PrefixOf(int holder) =>
        [CommandRunner.Find("nsenter"), "-t", holder.ToString(CultureInfo.InvariantCulture), "-U", "--preserve-credentials", "-n", "--"];

    /// <summary>Finds the holder, or makes the namespaces.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The process that holds them.</returns>
    /// <exception cref="HostNetworkException">This user can have no network, with the reason.</exception>
    public async Task<int> EnsureAsync(CancellationToken cancellation)
    {
        if (FindHolder() is { } there)
        {
            return there;
        }

        string pasta = FindPasta();
        RequireTun();
        _ = Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(HolderFile, "", cancellation).ConfigureAwait(false);
        File.Delete(LogFile);
        DetachedProcess process;
        try
        {
            // Nothing of the host listens in there and nothing of there on the host; the host's own services are not reached by the gateway.
            process = DetachedProcess.Start(
                pasta,
                [
                    "--config-net", "--foreground", "--stderr",
                    "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none",
                    "--no-map-gw", "--dns-forward", Resolver.ToString(),
                    "--", .. HolderWords,
                ],
                LogFile);
        }
        catch (Win32Exception error)
        {
            throw new HostNetworkException(HostNetworkProblem.Failed, $"Virtual networks of a user need pasta: {error.Message}", error);
        }

        Task<int> exit = Task.Run(process.WaitForExit, CancellationToken.None);
        long began = TimeProvider.System.GetTimestamp();
        while (FindHolder() is not { } holder)
        {
            if (exit.IsCompleted || TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                string log = File.Exists(LogFile) ? (await File.ReadAllTextAsync(LogFile, cancellation).ConfigureAwait(false)).Trim() : "";
                throw new HostNetworkException(
                    HostNetworkProblem.NoNamespace,
                    $"This user can have no virtual networks: pasta could make no network namespace. It said: {log}\n"
                    + "The kernel must allow user namespaces (user.max_user_namespaces above 0; on Ubuntu an AppArmor profile for pasta). Or run as root.");
            }

            await Task.Delay(Rest, cancellation).ConfigureAwait(false);
        }

        return FindHolder() ?? throw new HostNetworkException(HostNetworkProblem.Failed, $"The network namespace ended as soon as it was made; see '{LogFile}'.");
    }

    /// <summary>Ends the namespaces, with all that is in them. Does nothing if there are none.</summary>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The holder does not end.</exception>
    public async Task EndAsync()
    {
        if (FindHolder() is { } holder)
        {
            await HostProcess.EndAsync(holder, HolderFile, outright: true).ConfigureAwait(false);
        }
    }

    private static string FindPasta()
    {
        try
        {
            return CommandRunner.Find("pasta");
        }
        catch (HostNetworkException error)
        {
            throw new HostNetworkException(
                HostNetworkProblem.MissingProgram,
                $"Virtual networks of a user who is not root need a network namespace of the user's own. {error.Message} Or run as root.",
                error);
        }
    }

    private static void RequireTun()
    {
        try
        {
            using FileDescriptor device = FileDescriptor.OpenReadWriteFile(TunDevice);
        }
        catch (Win32Exception error)
        {
            throw new HostNetworkException(
                HostNetworkProblem.NoNamespace,
                $"Virtual networks of a user who is not root need '{TunDevice}': {error.Message} As root, run: modprobe tun; chmod 666 {TunDevice}",
                error);
        }
    }
}
