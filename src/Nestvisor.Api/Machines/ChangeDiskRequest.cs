namespace Nestvisor.Api.Machines;

/// <summary>A change of an attached virtual hard disk: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeDiskRequest
{
    /// <summary>Absolute path of another file.</summary>
    public string? Path { get; init; }

    /// <summary>Kind of the controller to move to.</summary>
    public DiskControllerType? ToControllerType { get; init; }

    /// <summary>Number of the controller to move to; null, if another kind is given, for the first with a free place.</summary>
    public int? ToControllerNumber { get; init; }

    /// <summary>Place to move to; null, if another controller is given, for the first that is free.</summary>
    public int? ToControllerLocation { get; init; }
}
