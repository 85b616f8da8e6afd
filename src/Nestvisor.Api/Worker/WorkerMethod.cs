namespace Nestvisor.Api.Worker;

/// <summary>The methods of a worker's control socket.</summary>
public static class WorkerMethod
{
    /// <summary>Answers a <see cref="WorkerStatus"/>.</summary>
    public const string Status = "status";

    /// <summary>Answers the engine's and devices' counters, an object of numbers.</summary>
    public const string Statistics = "statistics";

    /// <summary>Turns the machine off at once; answers when it is off.</summary>
    public const string Stop = "stop";

    /// <summary>Presses the ACPI power button; answers at once.</summary>
    public const string Shutdown = "shutdown";

    /// <summary>Resets the machine.</summary>
    public const string Reset = "reset";

    /// <summary>Stops the processors and the clock.</summary>
    public const string Pause = "pause";

    /// <summary>Lets a paused machine go on.</summary>
    public const string Resume = "resume";

    /// <summary>
    /// Writes the state of a machine that runs or is paused to its file and ends the machine; answers when the state is on the disk. If
    /// that fails, the machine goes on as it was.
    /// </summary>
    public const string Save = "save";

    /// <summary>
    /// Plugs the cable of <see cref="WorkerRequest.Adapter"/> in or out and changes what its port lets through, at once. Its address and
    /// interface cannot change.
    /// </summary>
    public const string ChangeAdapter = "changeAdapter";

    /// <summary>
    /// Writes the state of a machine that is paused to its file with <see cref="WorkerConfiguration.InvalidStateEnding"/>, for somebody to
    /// copy, and makes durable what its guest has written to disks; answers when that is done. The machine stays paused.
    /// </summary>
    public const string Capture = "capture";

    /// <summary>Makes durable what the guest of a machine that is paused has written to disks.</summary>
    public const string FlushDisks = "flushDisks";

    /// <summary>Gives the storage of what <see cref="Capture"/> wrote back.</summary>
    public const string Release = "release";

    /// <summary>Answers a <see cref="WorkerExit"/> when the machine ends.</summary>
    public const string Wait = "wait";
}
