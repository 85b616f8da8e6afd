namespace Nestvisor.Api.Machines;

/// <summary>A change of the host's settings: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeHostRequest
{
    /// <summary>Absolute path of the folder for configurations; only the one that it is already.</summary>
    public string? VirtualMachinePath { get; init; }

    /// <summary>Absolute path of a new folder for virtual hard disks, which is made if it is not there.</summary>
    public string? VirtualHardDiskPath { get; init; }

    /// <summary>First MAC address to give to network adapters, 12 hexadecimal digits.</summary>
    public string? MacAddressMinimum { get; init; }

    /// <summary>Last MAC address to give to network adapters, 12 hexadecimal digits.</summary>
    public string? MacAddressMaximum { get; init; }
}
