namespace Nestvisor.Api.Machines;

/// <summary>A virtual hard disk of a virtual machine: a file with the disk's raw content.</summary>
public sealed record DiskConfiguration
{
    /// <summary>Absolute path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the guest may only read it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Number of the controller; the machine has controller 0.</summary>
    public int ControllerNumber { get; init; }

    /// <summary>Place on the controller, 0 to 63; the guest finds the disks in this order.</summary>
    public required int ControllerLocation { get; init; }
}
