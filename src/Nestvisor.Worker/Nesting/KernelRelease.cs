namespace Nestvisor.Worker.Nesting;

/// <summary>The kernel's release.</summary>
internal static class KernelRelease
{
    private const string File = "/proc/sys/kernel/osrelease";

    /// <summary>As the kernel writes it, such as "6.1.0-56-cloud-amd64".</summary>
    public static string Text(IHostFacts host) => host.Read(File) ?? "of unknown release";

    /// <summary>Whether it is older than a version. A kernel that does not tell is not.</summary>
    public static bool IsBefore(IHostFacts host, int major, int minor)
    {
        string[] parts = Text(host).Split('.', '-');
        return parts.Length >= 2 && int.TryParse(parts[0], out int first) && int.TryParse(parts[1], out int second)
            && (first, second).CompareTo((major, minor)) < 0;
    }
}
