using System.Globalization;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Host;

/// <summary>Processes that outlive the service that started them. They are known by an argument that no other process has.</summary>
internal static class HostProcess
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
    public static int? Find(IReadOnlyList<string> words)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && WordsOf(id).SequenceEqual(words))
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>Ends a process and returns when it is gone.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="argument">An argument that it has.</param>
    /// <param name="isFirst">Whether it is the first process of a PID namespace, which other signals than SIGKILL do not end (pid_namespaces(7)).</param>
    /// <exception cref="HostNetworkException">It does not end.</exception>
    public static async Task EndAsync(int id, string argument, bool isFirst = false)
    {
        _ = ProcessControl.Signal(id, isFirst ? KillSignal : TerminateSignal);
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
