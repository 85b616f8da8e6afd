using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Running;

/// <summary>The worker's exit codes.</summary>
internal static class ExitCode
{
    /// <summary>The machine was switched off, from inside or outside, or saved.</summary>
    public const int Success = 0;

    /// <summary>The command line is wrong (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The engine or the machine failed (EX_SOFTWARE).</summary>
    public const int InternalError = 70;

    /// <summary>The guest reset itself or triple-faulted, and was to end then (EX_OSERR).</summary>
    public const int GuestReset = 71;

    /// <summary>The machine could not be started (EX_CONFIG).</summary>
    public const int StartFailed = 78;

    /// <summary>Translates the end of a run. A test device's code is the exit code.</summary>
    public static int Of(WorkerExit exit) => exit.Reason switch
    {
        WorkerExitReason.PowerOff or WorkerExitReason.TurnedOff or WorkerExitReason.Saved => Success,
        WorkerExitReason.TestExit => (exit.TestExitCode ?? 0) & 0xFF,
        WorkerExitReason.Reset or WorkerExitReason.TripleFault => GuestReset,
        WorkerExitReason.StartFailed => StartFailed,
        _ => InternalError,
    };
}
