using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>
/// A network namespace that a process holds, in which programs and threads can run. Needs root; tests are skipped without. Nothing of the
/// host's own namespace is touched.
/// </summary>
public sealed partial class NetworkSandbox : IDisposable
{
    private const int NetworkNamespaceType = 0x4000_0000;
    private const string OpenTun = "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec \"$@\"";

    // unshare(2): a process whose root is not that of its mount namespace makes no user namespace, whatever else it may.
    private const string ForbidNamespaces = "mount --rbind / /mnt && exec chroot /mnt \"$@\"";
    private readonly Process _holder;
    private readonly bool _hasMounts;

    /// <summary>Makes one.</summary>
    /// <param name="mounts">Commands of the shell that mount what programs inside shall see; null for the host's files.</param>
    public NetworkSandbox(string? mounts = null)
    {
        _hasMounts = mounts is not null;
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Network namespaces are made by root only, and this test needs some; run the tests as root.");
        foreach (string program in (string[])["ip", "bridge", "nft", "dnsmasq", "nsenter", "unshare"])
        {
            Assert.SkipUnless(IsInstalled(program), $"The program {program} is not installed: apt-get install iproute2 nftables dnsmasq-base util-linux");
        }

        _holder = Process.Start("unshare", mounts is null ? ["--net", "sleep", "infinity"] : ["--mount", "sh", "-ec", $"{mounts}; exec unshare --net sleep infinity"]);
        string own = LinkOf("self");
        if (!SpinWait.SpinUntil(() => _holder.HasExited || LinkOf(Id) != own, TimeSpan.FromSeconds(30)) || _holder.HasExited)
        {
            Assert.Skip("This system lets even root make no network namespace (unshare --net failed).");
        }

        _ = Run("ip link set lo up");
    }

    /// <summary>The process that holds it.</summary>
    public string Id => _holder.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The words before a program to run it inside.</summary>
    public string[] Prefix => ["nsenter", "-t", Id, "-n", .. _hasMounts ? ["-m"] : Array.Empty<string>(), "--"];

    /// <summary>
    /// The words before a program of a user who is not root: everybody may open /dev/net/tun, as udev makes it, in a mount namespace of the
    /// program's own.
    /// </summary>
    public string[] UserPrefix => [.. Prefix, "unshare", "--mount", "sh", "-c", OpenTun, "sh"];

    /// <summary>The same, where no user namespace can be made.</summary>
    public string[] ConfinedUserPrefix => [.. UserPrefix, "sh", "-c", ForbidNamespaces, "sh"];

    /// <summary>The words before a program of a user who is not root, where there is no /dev/net/tun.</summary>
    public string[] UserPrefixWithoutTun => [.. Prefix, "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /dev/net && exec \"$@\"", "sh"];

    /// <summary>All that the kernel says of the namespace's interfaces, addresses, routes, bridge tables and rules, without counters and numbers.</summary>
    public string State => Run(
        "ip -o link show | cut -d: -f2 | cut -d@ -f1 | sort; ip -o address show scope global | awk '{print $2,$4}' | sort; ip route show table main | sort; "
        + "ip -6 route show table main | grep -v ^fe80 | sort; bridge link | awk '{print $2,$7}' | sed 's/@[^:]*//' | sort; nft list tables | sort | while read -r word family table; do nft list table $family $table; done; cat /proc/sys/net/ipv4/ip_forward");

    /// <summary>Runs a command of the shell inside, which must succeed.</summary>
    public string Run(string command)
    {
        (int code, string output, string error) = Try(command);
        Assert.True(code == 0, $"{command}\n{output}{error}");
        return output;
    }

    /// <summary>Runs a command of the shell inside.</summary>
    public (int Code, string Output, string Error) Try(string command)
    {
        string[] words = [.. Prefix, "sh", "-c", command];
        using Process process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Runs code on a thread that is inside; sockets and TAP devices that it makes stay inside.</summary>
    public T Inside<T>(Func<T> action)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                using SafeHandle file = File.OpenHandle($"/proc/{Id}/ns/net");
                if (setns((int)file.DangerousGetHandle(), NetworkNamespaceType) != 0)
                {
                    throw new Win32Exception();
                }

                result.SetResult(action());
            }
#pragma warning disable CA1031 // Thrown again on the test's thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                result.SetException(error);
            }
        });
        thread.Start();
        return result.Task.GetAwaiter().GetResult();
    }

    /// <summary>Makes a host, 198.51.100.2 at up0, whose way out is a neighbour, 198.51.100.1 at peer0.</summary>
    public static (NetworkSandbox Host, NetworkSandbox Outside) CreateWithNeighbour()
    {
        NetworkSandbox host = new();
        NetworkSandbox outside = new();
        host.Connect("up0", outside, "peer0");
        _ = outside.Run("ip address add 198.51.100.1/24 dev peer0");
        _ = host.Run("ip address add 198.51.100.2/24 dev up0; ip route add default via 198.51.100.1");
        return (host, outside);
    }

    /// <summary>Lays a cable to another namespace: an interface in each.</summary>
    public void Connect(string name, NetworkSandbox other, string otherName) =>
        _ = Run($"ip link add {name} type veth peer name {otherName} netns {other.Id} && ip link set {name} up && nsenter -t {other.Id} -n -- ip link set {otherName} up");

    public void Dispose()
    {
        _holder.Kill();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    private static string LinkOf(string process) => File.ResolveLinkTarget($"/proc/{process}/ns/net", returnFinalTarget: false)?.Name ?? "";

    /// <summary>Whether a program is there. Some are not in the PATH of every user.</summary>
    public static bool IsInstalled(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int file, int type);
}
