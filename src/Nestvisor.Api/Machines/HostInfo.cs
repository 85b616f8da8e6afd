namespace Nestvisor.Api.Machines;

/// <summary>What the service says about itself and its host.</summary>
public sealed record HostInfo
{
    /// <summary>Version of the service.</summary>
    public required string Version { get; init; }

    /// <summary>The service's process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Configuration versions that virtual machines can have, oldest first.</summary>
    public required IReadOnlyList<string> SupportedVersions { get; init; }

    /// <summary>Configuration version of a new virtual machine.</summary>
    public required string DefaultVersion { get; init; }

    /// <summary>Most virtual processors that a virtual machine can have.</summary>
    public required int MaximumProcessorCount { get; init; }

    /// <summary>Logical processors of the host that are online.</summary>
    public required int LogicalProcessorCount { get; init; }

    /// <summary>Bytes of memory of the host.</summary>
    public required long MemoryCapacity { get; init; }

    /// <summary>Folder of the virtual machines' configurations.</summary>
    public required string VirtualMachinePath { get; init; }

    /// <summary>Folder for virtual hard disks.</summary>
    public required string VirtualHardDiskPath { get; init; }

    /// <summary>First MAC address that network adapters are given, 12 hexadecimal digits.</summary>
    public required string MacAddressMinimum { get; init; }

    /// <summary>Last MAC address that network adapters are given, 12 hexadecimal digits.</summary>
    public required string MacAddressMaximum { get; init; }
}
