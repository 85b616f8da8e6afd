using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nestvisor.Networking.Host;

/// <summary>
/// The place of the virtual switches: the host's network namespace for root, the user's own one for others. All that is done there is done
/// by ip(8), bridge(8), nft(8) and dnsmasq(8).
/// </summary>
/// <param name="runner">Runs the programs there.</param>
/// <param name="instance">Eight hexadecimal digits that tell the objects of this service from those of another.</param>
public sealed class NetworkHost(ICommandRunner runner, string instance)
{
    /// <summary>Eight hexadecimal digits that tell the objects of this service from those of another.</summary>
    public string Instance { get; } = instance;

    /// <summary>Whether the programs run behind a command that enters another namespace.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>Whether it is this process's own network namespace, so that the kernel can be asked directly too.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Runs a program that must succeed.</summary>
    /// <param name="what">What it does, for the error, such as "make the bridge 'nvs1'".</param>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <returns>Its output.</returns>
    /// <exception cref="HostNetworkException">It failed.</exception>
    public async Task<string> RunAsync(string what, string program, IReadOnlyList<string> arguments, string input = "", CancellationToken cancellation = default)
    {
        CommandResult result = await runner.RunAsync(program, arguments, input, cancellation).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw FailureOf(what, program, result);
    }

    /// <summary>Runs a program that may fail.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <returns>What it said.</returns>
    /// <exception cref="HostNetworkException">It is not there.</exception>
    public Task<CommandResult> TryAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation = default) =>
        runner.RunAsync(program, arguments, "", cancellation);

    /// <summary>Runs ip(8) once.</summary>
    /// <param name="what">What it does, for the error.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="HostNetworkException">It failed.</exception>
    public Task IpAsync(string what, params string[] arguments) => RunAsync(what, "ip", arguments);

    /// <summary>
    /// Runs many commands of ip(8) in one process, which ends at the first that fails. Once it has its input, it does them all even if this
    /// process is killed.
    /// </summary>
    /// <param name="what">What they do, for the error.</param>
    /// <param name="lines">The commands.</param>
    /// <param name="force">Whether it goes on when one fails, and whatever comes is success.</param>
    /// <param name="before">Another program with its arguments that is run before, whatever it says; null for none.</param>
    /// <exception cref="HostNetworkException">One failed.</exception>
    public async Task IpBatchAsync(string what, IReadOnlyList<string> lines, bool force = false, IReadOnlyList<string>? before = null)
    {
        if (lines.Count == 0)
        {
            return;
        }

        string input = string.Join('\n', lines) + "\n";
        string[] batch = force ? ["-force", "-batch", "-"] : ["-batch", "-"];
        CommandResult result = before is { Count: > 0 }
            ? await runner.RunAsync("sh", ["-c", $"{string.Join(' ', before.Select(Quote))} </dev/null >/dev/null 2>&1; exec ip \"$@\"", "sh", .. batch], input, default).ConfigureAwait(false)
            : await runner.RunAsync("ip", batch, input, default).ConfigureAwait(false);
        if (result.ExitCode != 0 && !force)
        {
            throw FailureOf(what, "ip", result);
        }
    }

    /// <summary>Runs a script of nft(8): all of it happens or nothing.</summary>
    /// <param name="what">What it does, for the error.</param>
    /// <param name="script">The script.</param>
    /// <exception cref="HostNetworkException">It failed.</exception>
    public Task NftAsync(string what, string script) => RunAsync(what, "nft", ["-f", "-"], script);

    /// <summary>Asks a program for JSON.</summary>
    /// <typeparam name="T">Type of the answer.</typeparam>
    /// <param name="what">What it does, for the error.</param>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="type">How to read the answer.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="HostNetworkException">It failed or its answer cannot be read.</exception>
    internal async Task<T> AskAsync<T>(string what, string program, IReadOnlyList<string> arguments, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : new()
    {
        string output = await RunAsync(what, program, arguments, "", cancellation).ConfigureAwait(false);
        try
        {
            // ip(8) prints nothing at all where a list is empty.
            return string.IsNullOrWhiteSpace(output) ? new T() : JsonSerializer.Deserialize(output, type) ?? new T();
        }
        catch (JsonException error)
        {
            throw new HostNetworkException(HostNetworkProblem.Failed, $"Cannot {what}: the answer of '{program}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a setting of the kernel.</summary>
    /// <param name="path">Its path below /proc/sys.</param>
    /// <returns>Its value; null if the kernel has no such setting.</returns>
    public async Task<string?> ReadSettingAsync(string path)
    {
        CommandResult result = await runner.RunAsync("cat", [SettingPath(path)], "", default).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output.Trim() : null;
    }

    /// <summary>Changes a setting of the kernel.</summary>
    /// <param name="path">Its path below /proc/sys.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="HostNetworkException">It cannot be changed.</exception>
    public Task WriteSettingAsync(string path, string value) =>
        RunAsync($"set {path} to {value}", "sh", ["-c", "cat > \"$1\"", "sh", SettingPath(path)], value);

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // The files of the namespace that a process is in; /proc itself may be another's.
    private static string SettingPath(string path) => "/proc/sys/" + path;

    private static HostNetworkException FailureOf(string what, string program, CommandResult result)
    {
        string reason = result.Error.Trim() is { Length: > 0 } error ? error : result.Output.Trim();
        bool denied = reason.Contains("Operation not permitted", StringComparison.Ordinal) || reason.Contains("Permission denied", StringComparison.Ordinal);
        return new HostNetworkException(
            denied ? HostNetworkProblem.NotPermitted : HostNetworkProblem.Failed,
            $"Cannot {what}: {program} said: {(reason.Length == 0 ? $"exit code {result.ExitCode}" : reason)}"
            + (denied ? " The service needs the capability CAP_NET_ADMIN in its network namespace; run it as root." : ""));
    }
}
