namespace Nestvisor.Api.Machines;

/// <summary>A virtual hard disk to attach.</summary>
public sealed record AddDiskRequest
{
    /// <summary>Absolute path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the guest may only read it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Kind of the controller; null for IDE if the machine has a free place there, else SCSI.</summary>
    public DiskControllerType? ControllerType { get; init; }

    /// <summary>Number of the controller; null for the first with a free place.</summary>
    public int? ControllerNumber { get; init; }

    /// <summary>Place on the controller; null for the first that is free.</summary>
    public int? ControllerLocation { get; init; }
}
