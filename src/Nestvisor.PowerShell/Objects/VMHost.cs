using Nestvisor.Api.Client;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell;

/// <summary>
/// This host. Hyper-V's object has more: what is about fibre channel, migration's limits and metering is left out, since there
/// is none of it.
/// </summary>
public sealed class VMHost : VirtualizationObject
{
    private readonly NestvisorClient _client;

    internal VMHost(HostInfo host, NestvisorClient client)
    {
        _client = client;
        LogicalProcessorCount = host.LogicalProcessorCount;
        MemoryCapacity = host.MemoryCapacity;
        SupportedVmVersions = host.SupportedVersions;
        VirtualMachinePath = host.VirtualMachinePath;
        VirtualHardDiskPath = host.VirtualHardDiskPath;
        MacAddressMinimum = host.MacAddressMinimum;
        MacAddressMaximum = host.MacAddressMaximum;
    }

    /// <summary>The computer's name.</summary>
    public string Name => ComputerName;

    /// <summary>Logical processors that are online.</summary>
    public int LogicalProcessorCount { get; }

    /// <summary>Bytes of memory.</summary>
    public long MemoryCapacity { get; }

    /// <summary>Configuration versions that virtual machines can have, oldest first.</summary>
    public IReadOnlyList<string> SupportedVmVersions { get; }

    /// <summary>Folder of the virtual machines' configurations.</summary>
    public string VirtualMachinePath { get; }

    /// <summary>Folder for virtual hard disks.</summary>
    public string VirtualHardDiskPath { get; }

    /// <summary>First MAC address that network adapters are given.</summary>
    public string MacAddressMinimum { get; }

    /// <summary>Last MAC address that network adapters are given.</summary>
    public string MacAddressMaximum { get; }

    /// <summary>This host's adapters at virtual switches, as they are now.</summary>
    public List<VMInternalNetworkAdapter> InternalNetworkAdapters
    {
        get
        {
            IReadOnlyList<SwitchInfo> switches = _client.GetSwitchesAsync().GetAwaiter().GetResult();
            return [.. VMInternalNetworkAdapter.Of(_client, switches)];
        }
    }

    /// <summary>Always true: Linux gives a virtual machine memory of all NUMA nodes.</summary>
    public bool NumaSpanningEnabled => true;

    /// <summary>Always false: virtual machines do not move to other hosts.</summary>
    public bool VirtualMachineMigrationEnabled => false;

    /// <summary>Always false: the console is a serial line.</summary>
    public bool EnableEnhancedSessionMode => false;

    /// <summary>Always false: virtual machines do not get parts of network adapters.</summary>
    public bool IovSupport => false;

    /// <inheritdoc/>
    public override string ToString() => $"VMHost (Name = '{Name}')";
}
