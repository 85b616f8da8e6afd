namespace Nestvisor.Machine;

/// <summary>Where a machine is in its life.</summary>
public enum MachineState
{
    /// <summary>It is composed and has not run yet.</summary>
    Created,

    /// <summary>Its processors run.</summary>
    Running,

    /// <summary>It stands still between two instructions.</summary>
    Paused,

    /// <summary>It has ended and cannot run again.</summary>
    Ended,
}
