using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>
/// A network namespace of a test's own, kept by a process, with a folder /etc of its own, so that nothing of the host is changed: two pairs of
/// virtual cables, eth0 with 10.9.0.2 and a default route, and eth1 without anything.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const string Setup =
        """
        set -e
        folder=$1
        mkdir "$folder/etc"
        for name in passwd group nsswitch.conf hosts ld.so.cache ld.so.conf ld.so.conf.d dotnet alternatives iproute2 protocols services; do
            if [ -e "/etc/$name" ]; then cp -a "/etc/$name" "$folder/etc/"; fi
        done
        printf '# of the test\nsearch example.org\nnameserver 192.0.2.53\n' > "$folder/etc/resolv.conf"
        mount --bind "$folder/etc" /etc
        mkdir "$folder/run"
        for name in systemd NetworkManager; do
            if [ -e "/run/$name" ]; then mount --bind "$folder/run" "/run/$name"; fi
        done
        ip link set lo up
        ip link add eth0 type veth peer name far0
        ip link add eth1 type veth peer name far1
        for name in eth0 far0 eth1 far1; do ip link set "$name" up; done
        ip address add 10.9.0.2/24 dev eth0
        ip route add default via 10.9.0.1
        echo ready
        exec sleep infinity
        """;

    private const int NetworkNamespaceType = 0x4000_0000;

    private readonly Process _holder;

    public NetworkNamespace(string folder)
    {
        ResolverFile = Path.Combine(folder, "etc", "resolv.conf");
        ProcessStartInfo start = new("unshare", ["--net", "--mount", "--propagation", "private", "sh", "-c", Setup, "sh", folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _holder = Process.Start(start)!;
        if (_holder.StandardOutput.ReadLine() != "ready")
        {
            throw new InvalidOperationException($"The test's network namespace cannot be made: {_holder.StandardError.ReadToEnd()}");
        }
    }

    /// <summary>Why no namespace can be made; null if one can.</summary>
    public static string? Hindrance { get; } = FindHindrance();

    /// <summary>The resolv.conf in the namespace.</summary>
    public string ResolverFile { get; }

    /// <summary>Words before a program to run it there.</summary>
    public string[] Prefix => ["nsenter", "-t", $"{_holder.Id}", "-n", "-m", "--"];

    /// <summary>Runs a program there that must succeed, and gives its output.</summary>
    public string Run(string program, params string[] arguments)
    {
        string[] words = [.. Prefix, program, .. arguments];
        (int code, string output) = Finish(new ProcessStartInfo(words[0], words[1..]));
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {output}");
        return output;
    }

    /// <summary>Listens on a port of TCP there, on all addresses.</summary>
    public Socket Listen(int port)
    {
        Socket? listener = null;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                using SafeHandle file = File.OpenHandle($"/proc/{_holder.Id}/ns/net");
                if (setns((int)file.DangerousGetHandle(), NetworkNamespaceType) != 0)
                {
                    throw new Win32Exception();
                }

                // It stays there, whichever thread has it.
                listener = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                listener.Bind(new IPEndPoint(IPAddress.Any, port));
                listener.Listen();
            }
#pragma warning disable CA1031 // Thrown again on the test's thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? listener! : throw new InvalidOperationException($"Nothing can listen on port {port} in the test's namespace.", failure);
    }

    public void Dispose()
    {
        _holder.Kill();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    private static string? FindHindrance()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "making a network namespace with a mount namespace takes root";
        }

        foreach (string program in (string[])["unshare", "nsenter", "ip", "nft"])
        {
            if (!((string[])["/usr/sbin", "/sbin", "/usr/bin", "/bin"]).Any(folder => File.Exists(Path.Combine(folder, program))))
            {
                return $"the program '{program}' is not installed";
            }
        }

        (int code, string output) = Finish(new ProcessStartInfo(
            "unshare", ["--net", "--mount", "--propagation", "private", "sh", "-c", "ip link add try0 type veth peer name try1 && ip link add try2 type bridge && mount -t tmpfs none /mnt"]));
        return code == 0 ? null : $"no network namespace with veth and bridges can be made here: {output.Trim()}";
    }

    private static (int Code, string Output) Finish(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int file, int type);
}
