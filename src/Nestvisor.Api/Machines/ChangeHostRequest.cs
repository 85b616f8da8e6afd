namespace Nestvisor.Api.Machines;

/// <summary>A change of the host's settings: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeHostRequest
{
    /// <summary>Absolute path of the folder for configurations; only the one that it is already.</summary>
    public string? VirtualMachinePath { get; init; }

    /// <summary>Absolute path of a new folder for virtual hard disks, which is made if it is not there.</summary>
    public string? VirtualHardDiskPath { get; init; }
}
