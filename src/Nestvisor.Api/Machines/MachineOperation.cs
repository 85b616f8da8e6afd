namespace Nestvisor.Api.Machines;

/// <summary>What can be done to a virtual machine.</summary>
public enum MachineOperation
{
    /// <summary>Starts it, or lets it go on if it is paused or saved; done when the guest runs.</summary>
    Start,

    /// <summary>Turns it off at once; done when it is off.</summary>
    Stop,

    /// <summary>Presses its ACPI power button; done at once, the guest may take its time.</summary>
    Shutdown,

    /// <summary>Resets it.</summary>
    Reset,

    /// <summary>Stops its processors and clock.</summary>
    Pause,

    /// <summary>Lets it go on.</summary>
    Resume,

    /// <summary>Saves its state and ends its run; done when the state is on the disk.</summary>
    Save,

    /// <summary>Removes its saved state; it then is off.</summary>
    Discard,
}
