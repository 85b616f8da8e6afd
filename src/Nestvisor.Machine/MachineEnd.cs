namespace Nestvisor.Machine;

/// <summary>Why a machine has come to its end.</summary>
public enum MachineEndReason
{
    /// <summary>The guest switched the machine off (ACPI soft-off).</summary>
    PoweredOff,

    /// <summary>The machine was stopped from outside.</summary>
    Stopped,

    /// <summary>Its state was saved; a machine that restores it goes on.</summary>
    Saved,

    /// <summary>The guest asked for a reset, which the configuration does not allow, or not so often.</summary>
    Reset,

    /// <summary>A processor shut down after a triple fault.</summary>
    TripleFault,

    /// <summary>The guest ended the run through the test device; <see cref="MachineEnd.ExitCode"/> is its code.</summary>
    TestExit,

    /// <summary>The engine or a device failed; <see cref="MachineEnd.Message"/> says how.</summary>
    InternalError,
}

/// <summary>How a machine ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="ExitCode">The test device's code; 0 for other reasons.</param>
/// <param name="Message">What went wrong; null if nothing did.</param>
public sealed record MachineEnd(MachineEndReason Reason, int ExitCode = 0, string? Message = null);
