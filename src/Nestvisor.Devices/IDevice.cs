using Nestvisor.Virtualization;

namespace Nestvisor.Devices;

/// <summary>A device of a machine, as the machine's lifecycle sees it.</summary>
public interface IDevice : ISavedState
{
    /// <summary>Goes back to the state after power-on. Only while no virtual processor runs.</summary>
    void Reset();

    /// <summary>
    /// Stops work in the background. When it returns, the device changes neither guest memory nor its own state by itself
    /// until <see cref="Resume"/>, so that it can be saved. Only while no virtual processor runs.
    /// </summary>
    void Pause()
    {
    }

    /// <summary>Goes on after <see cref="Pause"/>, or begins after a restore.</summary>
    void Resume()
    {
    }
}
