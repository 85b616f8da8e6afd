namespace Nestvisor.Api.Machines;

/// <summary>A copy of a virtual machine to make in a folder.</summary>
public sealed record ExportMachineRequest
{
    /// <summary>Absolute path of the folder that gets a folder with the machine's name.</summary>
    public required string Path { get; init; }

    /// <summary>What to copy of a machine that runs or is paused; null for its state.</summary>
    public LiveCapture? Capture { get; init; }

    /// <summary>Under which identifier to ask for the progress; null if nobody will.</summary>
    public Guid? Transfer { get; init; }
}
