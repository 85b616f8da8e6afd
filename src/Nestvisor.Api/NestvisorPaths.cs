using Nestvisor.Api.Errors;

namespace Nestvisor.Api;

/// <summary>
/// Where the service keeps things. NESTVISOR_STATE and NESTVISOR_RUNTIME name the two folders; without them root uses
/// /var/lib/nestvisor and /run/nestvisor, another user the XDG folders.
/// </summary>
public sealed record NestvisorPaths
{
    /// <summary>sun_path of a Unix socket holds 108 bytes with its terminating zero (unix(7)).</summary>
    private const int LongestSocketPath = 107;

    // The longest name below the runtime folder: "vms/", 32 digits, "/console.sock".
    private const int LongestRelativeSocketPath = 49;

    /// <summary>Folder of the configurations.</summary>
    public required string State { get; init; }

    /// <summary>Folder of the sockets.</summary>
    public required string Runtime { get; init; }

    /// <summary>The service's socket.</summary>
    public string ServiceSocket => Path.Combine(Runtime, "service.sock");

    /// <summary>The folders of this user and environment.</summary>
    /// <exception cref="ApiException">The runtime folder's path is too long for a socket.</exception>
    public static NestvisorPaths FromEnvironment()
    {
        string? state = Variable("NESTVISOR_STATE");
        string? runtime = Variable("NESTVISOR_RUNTIME");
        if (Environment.IsPrivilegedProcess)
        {
            state ??= "/var/lib/nestvisor";
            runtime ??= "/run/nestvisor";
        }
        else
        {
            state ??= Path.Combine(Variable("XDG_STATE_HOME") ?? Path.Combine(HomeFolder(), ".local/state"), "nestvisor");
            runtime ??= Variable("XDG_RUNTIME_DIR") is { } xdg && Directory.Exists(xdg)
                ? Path.Combine(xdg, "nestvisor")
                : $"/tmp/nestvisor-{UserIdentity.Current}";
        }

        return Create(state, runtime);
    }

    /// <summary>The folders with the given paths.</summary>
    /// <exception cref="ApiException">The runtime folder's path is too long for a socket.</exception>
    public static NestvisorPaths Create(string state, string runtime)
    {
        NestvisorPaths paths = new() { State = Path.GetFullPath(state), Runtime = Path.GetFullPath(runtime) };
        int length = System.Text.Encoding.UTF8.GetByteCount(paths.Runtime) + 1 + LongestRelativeSocketPath;
        return length <= LongestSocketPath
            ? paths
            : throw ApiException.InvalidArgument(
                $"The runtime folder '{paths.Runtime}' is too long: sockets in it would have paths of {length} bytes, Linux allows "
                + $"{LongestSocketPath}. Set NESTVISOR_RUNTIME to a shorter path.");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string HomeFolder() =>
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } home
            ? home
            : throw ApiException.InvalidArgument("This user has no home folder. Set HOME, or NESTVISOR_STATE to a folder for the configurations.");
}
