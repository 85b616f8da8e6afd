using System.Management.Automation;
using Nestvisor.Shell.Windows;

namespace Microsoft.Management.Infrastructure.CimCmdlets;

/// <summary>
/// Get-CimInstance, of the classes that scripts for Hyper-V ask about a host: Win32_ComputerSystem, Win32_Processor, Win32_OperatingSystem. The
/// answers are Linux'; what has no counterpart is left out.
/// </summary>
[Cmdlet(VerbsCommon.Get, "CimInstance")]
[OutputType(typeof(PSObject))]
public sealed class GetCimInstanceCommand : PSCmdlet
{
    private const string OwnNamespace = "root/cimv2";

    private static readonly Dictionary<string, Func<IEnumerable<PSObject>>> Classes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Win32_ComputerSystem"] = ComputerSystem,
        ["Win32_OperatingSystem"] = OperatingSystem,
        ["Win32_Processor"] = Processor,
    };

    /// <summary>The class.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string ClassName { get; set; } = string.Empty;

    /// <summary>The class's namespace; root/cimv2 is the only one.</summary>
    [Parameter]
    public string Namespace { get; set; } = OwnNamespace;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!Namespace.Replace('\\', '/').Equals(OwnNamespace, StringComparison.OrdinalIgnoreCase))
        {
            Fail("0x8004100e", $"Invalid namespace '{Namespace}': on Linux there is {OwnNamespace} only, with {string.Join(", ", Classes.Keys)}.");
        }
        else if (Classes.TryGetValue(ClassName, out var instances))
        {
            foreach (var instance in instances())
            {
                instance.TypeNames.Insert(0, $"Microsoft.Management.Infrastructure.CimInstance#{OwnNamespace}/{ClassName}");
                WriteObject(instance);
            }
        }
        else
        {
            Fail("0x80041010", $"Invalid class '{ClassName}': on Linux there are {string.Join(", ", Classes.Keys)} only.");
        }
    }

    private static IEnumerable<PSObject> ComputerSystem()
    {
        var processors = HostFacts.Processors();
        yield return Instance(
            ("Name", Environment.MachineName),
            ("DNSHostName", Environment.MachineName),
            ("Manufacturer", HostFacts.Firmware("sys_vendor")),
            ("Model", HostFacts.Firmware("product_name")),
            ("SystemType", "x64-based PC"),
            // Beneath this system, or Nestvisor on it.
            ("HypervisorPresent", HostFacts.HypervisorIsInstalled || processors.Any(processor => Has(processor, "hypervisor"))),
            ("NumberOfProcessors", (uint)Sockets(processors).Count()),
            ("NumberOfLogicalProcessors", (uint)processors.Count),
            ("TotalPhysicalMemory", HostFacts.Memory("MemTotal")));
    }

    private static IEnumerable<PSObject> OperatingSystem()
    {
        yield return Instance(
            ("Caption", HostFacts.Product),
            ("Version", Environment.OSVersion.Version.ToString()),
            ("CSName", Environment.MachineName),
            ("OSArchitecture", "64-bit"),
            // In KB, as Windows counts here.
            ("TotalVisibleMemorySize", HostFacts.Memory("MemTotal") / 1024),
            ("FreePhysicalMemory", HostFacts.Memory("MemAvailable") / 1024),
            ("LastBootUpTime", DateTime.Now - TimeSpan.FromMilliseconds(Environment.TickCount64)));
    }

    private static IEnumerable<PSObject> Processor()
        => Sockets(HostFacts.Processors()).Select((socket, index) => Instance(
            ("DeviceID", $"CPU{index}"),
            ("Name", socket.First().GetValueOrDefault("model name")),
            ("Manufacturer", socket.First().GetValueOrDefault("vendor_id")),
            ("Description", socket.First().GetValueOrDefault("model name")),
            ("NumberOfCores", (uint)socket.Select(processor => processor.GetValueOrDefault("core id")).Distinct().Count()),
            ("NumberOfLogicalProcessors", (uint)socket.Count()),
            ("VMMonitorModeExtensions", Has(socket.First(), "svm") || Has(socket.First(), "vmx")),
            ("SecondLevelAddressTranslationExtensions", Has(socket.First(), "npt") || Has(socket.First(), "ept"))));

    private static IEnumerable<IGrouping<string, IReadOnlyDictionary<string, string>>> Sockets(IEnumerable<IReadOnlyDictionary<string, string>> processors)
        => processors.GroupBy(processor => processor.GetValueOrDefault("physical id") ?? "0");

    private static bool Has(IReadOnlyDictionary<string, string> processor, string flag)
        => processor.GetValueOrDefault("flags")?.Split(' ').Contains(flag) == true;

    private static PSObject Instance(params (string Name, object? Value)[] properties)
    {
        var instance = new PSObject();
        foreach (var (name, value) in properties)
            instance.Properties.Add(new PSNoteProperty(name, value));
        return instance;
    }

    private void Fail(string code, string message)
        => WriteError(new ErrorRecord(new PSNotSupportedException(message), "HRESULT " + code, ErrorCategory.MetadataError, ClassName));
}
