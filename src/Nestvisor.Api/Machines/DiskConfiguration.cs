namespace Nestvisor.Api.Machines;

/// <summary>A virtual hard disk of a virtual machine.</summary>
public sealed record DiskConfiguration
{
    /// <summary>Absolute path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the guest may only read it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Kind of the controller; files of earlier versions have none, which means SCSI.</summary>
    public DiskControllerType ControllerType { get; init; }

    /// <summary>Number of the controller among those of its kind.</summary>
    public int ControllerNumber { get; init; }

    /// <summary>Place on the controller; the guest finds the disks in the order of controllers and places, IDE first.</summary>
    public required int ControllerLocation { get; init; }
}
