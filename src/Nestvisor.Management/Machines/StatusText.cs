using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Transfers;

namespace Nestvisor.Management.Machines;

/// <summary>The words of the property Status.</summary>
internal static class StatusText
{
    private const string Normal = "Operating normally";

    /// <summary>How a machine is.</summary>
    /// <param name="state">Its state.</param>
    /// <param name="lastExit">How its last run ended; null if there was none.</param>
    /// <param name="lost">Whether the last run's worker died without saying why.</param>
    /// <param name="export">Its export that is under way; null for none.</param>
    public static string Of(MachineState state, WorkerExit? lastExit, bool lost, Transfer? export)
    {
        if (export is not null)
        {
            return export.Cancellation.IsCancellationRequested ? "The export is being stopped" : $"Exporting ({export.Percent}%)";
        }

        if (state != MachineState.Off)
        {
            return state switch
            {
                MachineState.Starting => "Starting",
                MachineState.Stopping => "Stopping",
                MachineState.Saving => "Saving",
                _ => Normal,
            };
        }

        if (lost)
        {
            return "The worker died; see worker.log in the configuration folder";
        }

        return lastExit?.Reason switch
        {
            null or WorkerExitReason.TurnedOff or WorkerExitReason.Saved => Normal,
            WorkerExitReason.PowerOff => "The guest shut down",
            WorkerExitReason.Reset => "The guest reset the machine",
            WorkerExitReason.TripleFault => "The guest's processor met a triple fault",
            WorkerExitReason.TestExit => $"The guest ended the test with code {lastExit.TestExitCode}",
            _ => lastExit.Message ?? "The machine met an internal error",
        };
    }

    /// <summary>A sentence, with a blank before it, on how to bring a machine into a state in which an operation is possible; empty if there is nothing to say.</summary>
    /// <param name="state">Its state.</param>
    /// <param name="allowed">The states in which the operation is possible.</param>
    public static string Remedy(MachineState state, MachineState[] allowed)
    {
        bool stands = state is MachineState.Off or MachineState.Saved;
        return allowed switch
        {
            [] => "",
            [MachineState.Saved] => " It has no saved state.",
            _ when stands => " Start it with Start-VM.",
            [MachineState.Off, ..] when state is MachineState.Running or MachineState.Paused => " Turn it off with Stop-VM.",
            [MachineState.Running] when state == MachineState.Paused => " Let it go on with Resume-VM.",
            _ => "",
        };
    }
}
