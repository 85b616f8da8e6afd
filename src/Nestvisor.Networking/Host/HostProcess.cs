using System.Globalization;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Host;

/// <summary>A process of the host that is not a child of this one. Those that the service starts are known by an argument that no other has.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="Words">Name of the program and arguments.</param>
internal sealed record HostProcess(int Id, string[] Words)
{
    private const int KillSignal = 9;
    private const int TerminateSignal = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether a process lives and has an argument, so that it is the one that was started with it.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="argument">The argument.</param>
    /// <returns>True if so.</returns>
    public static bool HasArgument(int id, string argument) => Array.IndexOf(WordsOf(id), argument) > 0;

    /// <summary>Finds a process by its whole command line.</summary>
    /// <param name="words">Name of the program and arguments.</param>
    /// <returns>Its identifier; null if there is none.</returns>
    public static int? Find(IReadOnlyList<string> words) => List().FirstOrDefault(process => process.Words.SequenceEqual(words))?.Id;

    /// <summary>Lists the processes in a place's network namespace.</summary>
    /// <param name="host">The place.</param>
    /// <returns>The processes; those that may not be looked at are left out.</returns>
    /// <exception cref="HostNetworkException">The place cannot be asked which it is.</exception>
    public static async Task<IReadOnlyList<HostProcess>> ListAsync(NetworkHost host)
    {
        string place = (await host.RunAsync("find the network namespace", "readlink", ["/proc/self/ns/net"]).ConfigureAwait(false)).Trim();
        return [.. List().Where(process => PlaceOf(process.Id) == place)];
    }

    /// <summary>Ends a process and returns when it is gone.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="argument">An argument that it has.</param>
    /// <param name="outright">Whether by SIGKILL: the first process of a PID namespace heeds no other (pid_namespaces(7)), and some clean up first, which is not wanted.</param>
    /// <exception cref="HostNetworkException">It does not end.</exception>
    public static async Task EndAsync(int id, string argument, bool outright = false)
    {
        _ = ProcessControl.Signal(id, outright ? KillSignal : TerminateSignal);
        long began = TimeProvider.System.GetTimestamp();

        // It is not this process's child: there is nothing to wait for but its absence.
        while (HasArgument(id, argument))
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new HostNetworkException(HostNetworkProblem.Failed, $"The process {id} ('{argument}') does not end. Kill it: kill -9 {id}");
            }

            await Task.Delay(Rest).ConfigureAwait(false);
        }
    }

    private static IEnumerable<HostProcess> List()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && WordsOf(id) is { Length: > 0 } words && words[0].Length > 0)
            {
                yield return new HostProcess(id, words);
            }
        }
    }

    private static string? PlaceOf(int id)
    {
        try
        {
            return File.ResolveLinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/ns/net"), returnFinalTarget: false)?.Name;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Of a dead process that nobody has waited for the line is empty.
    private static string[] WordsOf(int id)
    {
        try
        {
            string line = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/cmdline"));
            return line.TrimEnd('\0').Split('\0');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
