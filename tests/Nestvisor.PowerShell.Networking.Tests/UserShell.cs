using System.Diagnostics;
using Nestvisor.Networking.Host;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>
/// PowerShell of a user who lacks rights, on a host that is a network namespace: each script runs in a process of its own, and its first
/// command starts the service, which is that user's too.
/// </summary>
internal sealed class UserShell : IDisposable
{
    private const string Nobody = "65534";

    // /dev/net/tun that everybody may open, as udev makes it.
    private const string OpenTun = "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200";

    private static readonly string s_program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../Nestvisor.PowerShell.BareHost", new DirectoryInfo(AppContext.BaseDirectory).Name, "bare-host"));

    private readonly string[] _user;
    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;

    /// <summary>Makes the host.</summary>
    /// <param name="user">Words before a program that make it the user's.</param>
    public UserShell(string[] user)
    {
        _user = user;
        Namespace = new NetworkNamespace(_folder);
        _ = Namespace.Run("sh", "-c", OpenTun);
        Home = Path.Combine(_folder, "home");
        _ = Directory.CreateDirectory(Home);
        _ = Namespace.Run("chown", Nobody, _folder, Home);
        Place = new UserNetwork(Path.Combine(Home, "s", "network"));
        HostBefore = HostState();
    }

    /// <summary>User 65534, without any group.</summary>
    public static string[] Unprivileged => ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"];

    /// <summary>Root without CAP_NET_ADMIN, as in a container.</summary>
    public static string[] RootWithoutNetworks => ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];

    /// <summary>The host.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>The user's folder, with the service's below it.</summary>
    public string Home { get; }

    /// <summary>The user's network namespace.</summary>
    public UserNetwork Place { get; }

    /// <summary>What the host was at first.</summary>
    public string HostBefore { get; }

    /// <summary>Runs a script and gives its output, a line each.</summary>
    public string[] Run(string script)
    {
        string[] words =
        [
            .. Namespace.Prefix, .. _user, "env", "POWERSHELL_TELEMETRY_OPTOUT=1", $"HOME={Home}", $"PSModulePath={AppContext.BaseDirectory}/Modules",
            $"NESTVISOR_STATE={Home}/s", $"NESTVISOR_RUNTIME={Home}/r", $"NESTVISOR_SERVICE={AppContext.BaseDirectory}/nestvisor-service",
            s_program,
        ];
        using Process process = Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = Home,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string failure = errors.GetAwaiter().GetResult();
        Assert.True(process.ExitCode == 0 && failure.Length == 0, $"{script}\n{output}\n{failure}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Runs commands that must fail, each with one error, and gives the errors: identifier and message.</summary>
    public string[] Fail(params string[] commands) => Run(
        string.Join(
            '\n',
            commands.Select(command => $$"""
                & { $errors = @(& { {{command}} } 2>&1 3>$null | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
                "$($errors.Count) $($errors[0].FullyQualifiedErrorId) $($errors[0].Exception.Message)" -replace "`n", ' ' }
                """)));

    /// <summary>The host's interfaces, addresses, routes and rules.</summary>
    public string HostState() => Namespace.Run(
        "sh", "-c", "ip -4 address; ip -4 route; ip -o link | cut -d: -f2; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward");

    /// <summary>Runs a program in the user's network namespace, as root.</summary>
    public string Inside(string commands) => Namespace.Run("nsenter", "-t", $"{Assert.IsType<int>(Place.FindHolder())}", "-n", "--", "sh", "-c", commands);

    public void Dispose()
    {
        string socket = Path.Combine(Home, "r", "service.sock");
        if (File.Exists(socket))
        {
            Session.EndService(socket);
        }

        Place.EndAsync().GetAwaiter().GetResult();
        Namespace.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
