namespace Nestvisor.Worker.Nesting;

/// <summary>Finds out whether this is a container.</summary>
internal static class ContainerDetection
{
    private static readonly string[] s_groups = ["/docker/", "/kubepods", "/lxc/", "/libpod"];

    /// <summary>By the files that Docker, Podman and systemd put there, or by the first process's control group.</summary>
    public static bool IsContainer(IHostFacts host) =>
        host.Exists("/.dockerenv")
        || host.Exists("/run/.containerenv")
        || host.Exists("/run/systemd/container")
        || (host.Read("/proc/1/cgroup") is { } groups && s_groups.Any(name => groups.Contains(name, StringComparison.Ordinal)));
}
