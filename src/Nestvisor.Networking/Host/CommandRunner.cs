using System.ComponentModel;
using System.Diagnostics;

namespace Nestvisor.Networking.Host;

/// <summary>Runs programs in this process's network namespace, or behind a command that enters another.</summary>
/// <param name="prefix">Words before the program, such as <c>nsenter …</c>; empty for this namespace.</param>
public sealed class CommandRunner(IReadOnlyList<string> prefix) : ICommandRunner
{
    // Not in the PATH of every user.
    private static readonly string[] SystemFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    /// <summary>Finds a program.</summary>
    /// <param name="program">Its name.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="HostNetworkException">It is not there; the message names the Debian package.</exception>
    public static string Find(string program)
    {
        string[] folders = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (FindIn([.. folders, .. SystemFolders], program) is { } found)
        {
            return found;
        }

        string package = PackageOf(program);
        throw new HostNetworkException(
            HostNetworkProblem.MissingProgram,
            $"Virtual networks need the program '{program}', which is not installed. On Debian and Ubuntu: apt-get install {package}");
    }

    /// <inheritdoc/>
    public async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation)
    {
        string path = Find(program);
        string[] words = [.. prefix, path, .. arguments];
        ProcessStartInfo start = new(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start) ?? throw new HostNetworkException(HostNetworkProblem.Failed, $"'{path}' could not be started.");
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
                Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
                await WriteAsync(process, input, cancellation).ConfigureAwait(false);
                CommandResult result = new(0, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
                return result with { ExitCode = process.ExitCode };
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }
        }
        catch (Win32Exception error)
        {
            throw new HostNetworkException(HostNetworkProblem.Failed, $"'{words[0]}' could not be started: {error.Message}", error);
        }
    }

    private static async Task WriteAsync(Process process, string input, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellation).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading all; its exit code tells why.
        }
    }

    /// <summary>Finds a program in folders. BusyBox's ip is passed over: it knows neither JSON nor TAP interfaces.</summary>
    /// <param name="folders">The folders, in order.</param>
    /// <param name="program">Its name.</param>
    /// <returns>Its path; null if it is in none.</returns>
    internal static string? FindIn(IEnumerable<string> folders, string program) => folders
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(path => File.Exists(path) && !(program == "ip" && IsBusyBox(path)));

    private static bool IsBusyBox(string path) =>
        File.ResolveLinkTarget(path, returnFinalTarget: true)?.Name.StartsWith("busybox", StringComparison.Ordinal) == true;

    private static string PackageOf(string program) => program switch
    {
        "ip" or "bridge" or "ss" or "tc" => "iproute2",
        "nft" => "nftables",
        "dnsmasq" => "dnsmasq-base",
        "pasta" or "passt" => "passt",
        "nsenter" or "unshare" => "util-linux",
        _ => program,
    };
}
