using System.Globalization;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Nestvisor.Shell.Windows;

/// <summary>What Linux tells of this computer, from which the answers to Windows' questions are made.</summary>
internal static class HostFacts
{
    /// <summary>The build of Windows Server 2025, whose configuration versions and commands Nestvisor has: what scripts compare builds for.</summary>
    public const string WindowsBuild = "26100";

    private const string KernelParameters = "/sys/module/{0}/parameters/nested";

    /// <summary>Name of the distribution, such as "Debian GNU/Linux 12 (bookworm)".</summary>
    public static string Product => OsRelease("PRETTY_NAME") ?? "Linux";

    /// <summary>Its identifier, such as "debian".</summary>
    public static string Edition => OsRelease("ID") ?? "linux";

    /// <summary>The kernel's command line.</summary>
    public static string KernelCommandLine => Line("/proc/cmdline") ?? string.Empty;

    /// <summary>A line that the firmware tells of the computer; null in places without firmware.</summary>
    /// <param name="name">Such as sys_vendor or product_name.</param>
    public static string? Firmware(string name) => Line($"/sys/class/dmi/id/{name}");

    /// <summary>Bytes of memory.</summary>
    /// <param name="field">A field of /proc/meminfo, such as MemTotal.</param>
    public static ulong Memory(string field)
    {
        var line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return line is null ? 0 : ulong.Parse(line[(field.Length + 1)..].Replace("kB", string.Empty, StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>The processors of /proc/cpuinfo, each with its fields.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Processors()
    {
        var processors = new List<IReadOnlyDictionary<string, string>>();
        var fields = new Dictionary<string, string>();
        foreach (var line in File.ReadLines("/proc/cpuinfo").Append(string.Empty))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                fields[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
            else if (fields.Count > 0)
            {
                processors.Add(fields);
                fields = [];
            }
        }

        return processors;
    }

    /// <summary>Whether Nestvisor is whole: its service and its worker, which runs machines on any processor.</summary>
    public static bool HypervisorIsInstalled
    {
        get
        {
            try
            {
                return ProgramLocator.Find(ProgramLocator.Service).Length > 0 && ProgramLocator.Find(ProgramLocator.Worker).Length > 0;
            }
            catch (ApiException)
            {
                return false;
            }
        }
    }

    /// <summary>Whether this host's KVM was loaded so that its guests get no extensions.</summary>
    public static bool NestingIsSwitchedOff
        => new[] { "kvm_amd", "kvm_intel" }.Any(module => Line(string.Format(CultureInfo.InvariantCulture, KernelParameters, module)) is "0" or "N");

    private static string? OsRelease(string field)
        => File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").Where(line => line.StartsWith(field + "=", StringComparison.Ordinal)).Select(line => line[(field.Length + 1)..].Trim('"')).FirstOrDefault()
            : null;

    private static string? Line(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault()?.Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
