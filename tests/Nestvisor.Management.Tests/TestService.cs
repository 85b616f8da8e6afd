using System.Diagnostics;
using Nestvisor.Api;
using Nestvisor.Api.Client;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Tests;

/// <summary>A service process of its own with folders of its own, which starts fake workers.</summary>
public sealed class TestService : IAsyncDisposable
{
    private const uint Nobody = 65534;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly bool _switchesUser;
    private readonly string[] _before;
    private Process? _process;

    /// <summary>Makes the folders.</summary>
    /// <param name="user">Who runs it.</param>
    /// <param name="before">
    /// Words before the program; without any, root's service runs in an empty network namespace, so that the host's own is never touched.
    /// </param>
    public TestService(ServiceUser user, params string[] before)
    {
        _switchesUser = user == ServiceUser.Unprivileged && Environment.IsPrivilegedProcess;
        _before = before.Length > 0 || !Environment.IsPrivilegedProcess ? before : ["unshare", "--net"];
        Folder = Directory.CreateTempSubdirectory("nv-").FullName;
        Paths = NestvisorPaths.Create(Path.Combine(Folder, "s"), Path.Combine(Folder, "r"));
        // A header that passes for a Linux bzImage (x86 boot protocol: "HdrS" at 0x202).
        byte[] kernel = new byte[4096];
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        Kernel = Write("kernel", kernel);
        if (_switchesUser)
        {
            Run("chown", "-R", "65534:65534", Folder);
        }

        Client = new NestvisorClient(Paths, _switchesUser ? Nobody : null);
    }

    public static string ServiceProgram { get; } = Path.Combine(AppContext.BaseDirectory, "nestvisor-service");

    public static string FakeWorker { get; } = Path.Combine(AppContext.BaseDirectory, "fake-worker");

    public string Folder { get; }

    public NestvisorPaths Paths { get; }

    public string Kernel { get; }

    public NestvisorClient Client { get; }

    public Process Process => _process ?? throw new InvalidOperationException("The service has not been started.");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Start(double idleSeconds = 0)
    {
        _process?.Dispose();
        _process = Launch("run", "--idle-timeout", idleSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Until(() => File.Exists(Paths.ServiceSocket) && CanConnect(), "the service listens");
    }

    public Process Launch(string command, params string[] options)
    {
        string[] words = [.. _before, .. _switchesUser ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ServiceProgram] : (string[])[ServiceProgram],
            command, "--state", Paths.State, "--runtime", Paths.Runtime, .. options];
        ProcessStartInfo start = new(words[0]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (string word in words[1..])
        {
            start.ArgumentList.Add(word);
        }

        start.Environment["NESTVISOR_WORKER"] = FakeWorker;
        start.Environment["HOME"] = Folder;
        return Process.Start(start)!;
    }

    /// <summary>Kills the service with SIGKILL.</summary>
    public void Kill()
    {
        Process.Kill();
        Process.WaitForExit();
    }

    public async Task<MachineInfo> CreateAsync(string name = "VM", string commandLine = "")
    {
        MachineInfo machine = await Client.CreateMachineAsync(new CreateMachineRequest { Name = name }, Cancellation);
        return await Client.ChangeMachineAsync(
            machine.Configuration.Id, new ChangeMachineRequest { KernelPath = Kernel, KernelCommandLine = commandLine }, Cancellation);
    }

    public async Task<MachineInfo> StartMachineAsync(string name = "VM", string commandLine = "")
    {
        MachineInfo machine = await CreateAsync(name, commandLine);
        return await Client.OperateAsync(machine.Configuration.Id, MachineOperation.Start, Cancellation);
    }

    public Task<MachineInfo> WaitUntilOffAsync(Guid id) => Client.WaitForStateAsync(id, MachineState.Off, Limit, Cancellation);

    public static void Until(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(condition, Limit), $"After {Limit} it was not so that {what}.");

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < Limit, $"After {Limit} it was not so that {what}.");
        }
    }

    /// <summary>Whether a process runs; a dead one that nobody has waited for does not.</summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            return !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (_process.HasExited)
            {
                Start();
            }

            foreach (MachineInfo machine in await Client.GetMachinesAsync(CancellationToken.None))
            {
                if (machine.State is not (MachineState.Off or MachineState.Saved))
                {
                    _ = await Client.OperateAsync(machine.Configuration.Id, MachineOperation.Stop, CancellationToken.None);
                }
            }

            Client.Dispose();
            Kill();
            _process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private bool CanConnect()
    {
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, default);
        try
        {
            socket.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(Paths.ServiceSocket));
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
