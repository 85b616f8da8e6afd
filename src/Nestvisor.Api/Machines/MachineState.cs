namespace Nestvisor.Api.Machines;

/// <summary>The state of a virtual machine.</summary>
public enum MachineState
{
    /// <summary>It does not run.</summary>
    Off,

    /// <summary>It is being put together.</summary>
    Starting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>Its processors and clock stand still.</summary>
    Paused,

    /// <summary>It is being turned off.</summary>
    Stopping,

    /// <summary>Its state is being saved.</summary>
    Saving,

    /// <summary>It does not run, and goes on from its saved state when it is started.</summary>
    Saved,
}
