using System.Globalization;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>The program that configures an interface of the host, by the files that it keeps below /run.</summary>
/// <param name="runFolder">The folder /run.</param>
/// <param name="processFolder">The folder /proc, where those that have ended and left their files are told from those that run; null to believe the files.</param>
public sealed class InterfaceManager(string runFolder, string? processFolder = null)
{
    /// <summary>NetworkManager's name for itself.</summary>
    public const string NetworkManager = "NetworkManager";

    /// <summary>systemd-networkd's name for itself.</summary>
    public const string Networkd = "systemd-networkd";

    // proc_pid_comm(5)
    private const int LongestProcessName = 15;

    /// <summary>The program; null if none of the known ones does.</summary>
    /// <param name="index">Number of the interface in the kernel.</param>
    /// <returns>Its name for itself.</returns>
    public string? Of(int index)
    {
        if (Values(Path.Combine(runFolder, "NetworkManager", "devices", Number(index))).TryGetValue("managed", out string? managed) && managed is "true" or "1"
            && Runs(NetworkManager))
        {
            return NetworkManager;
        }

        bool configured = Values(Path.Combine(runFolder, "systemd", "netif", "links", Number(index))).TryGetValue("ADMIN_STATE", out string? state)
            && state is "configured" or "configuring";
        return configured && Runs(Networkd) ? Networkd : null;
    }

    /// <summary>The connection that NetworkManager has on an interface.</summary>
    /// <param name="index">Number of the interface in the kernel.</param>
    /// <returns>Its identifier; null for none.</returns>
    public string? ConnectionOf(int index) =>
        Values(Path.Combine(runFolder, "NetworkManager", "devices", Number(index))).GetValueOrDefault("connection-uuid");

    private bool Runs(string program) => processFolder is null || Directory.EnumerateDirectories(processFolder).Any(folder =>
        char.IsAsciiDigit(Path.GetFileName(folder)[0]) && NameOf(folder) == program[..Math.Min(program.Length, LongestProcessName)]);

    private static string? NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
            return null;
        }
    }

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads lines NAME=VALUE, as both write them.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The values; none if there is no such file.</returns>
    internal static Dictionary<string, string> Values(string file)
    {
        try
        {
            return File.ReadLines(file)
                .Select(line => line.Split('=', 2))
                .Where(parts => parts.Length == 2)
                .GroupBy(parts => parts[0].Trim(), parts => parts[1].Trim())
                .ToDictionary(group => group.Key, group => group.Last());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No such file: the program does not run, or knows no such interface.
            return [];
        }
    }
}
