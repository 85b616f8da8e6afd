using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Transfers;
using Nestvisor.Management.Workers;

namespace Nestvisor.Management.Machines;

/// <content>Copies of a machine.</content>
internal sealed partial class ManagedMachine
{
    private Transfer? _export;

    /// <summary>
    /// Copies the machine with its disks into a folder. A machine that runs stands still meanwhile, so that all of the copy is of one
    /// instant. If it fails or is cancelled, nothing of the copy stays, and the machine goes on as it was.
    /// </summary>
    /// <param name="request">What to copy, and where to.</param>
    /// <param name="transfer">Is told how far it is, and may end it.</param>
    public async Task ExportAsync(ExportMachineRequest request, Transfer transfer)
    {
        CancellationToken cancellation = transfer.Cancellation;
        if (!Path.IsPathFullyQualified(request.Path))
        {
            throw ApiException.InvalidArgument($"'{request.Path}' is not an absolute path.");
        }

        if (request.Capture == LiveCapture.DataConsistent)
        {
            throw ApiException.NotSupported(
                $"'{Name}' cannot be exported with its data brought in order: that needs the help of integration services in the guest, which do not exist. "
                + "Export it with its saved state (CaptureSavedState), or as if its power had been cut (CaptureCrashConsistentState).");
        }

        using Operation operation = await BeginAsync("exported", cancellation).ConfigureAwait(false);
        MachineState state = await RequireAsync(
            "exported", cancellation, MachineState.Off, MachineState.Saved, MachineState.Running, MachineState.Paused).ConfigureAwait(false);
        SetExport(transfer);
        try
        {
            using MachineExport export = new(_ports.WithSwitchNames(_configuration), request.Path, transfer);
            if (state is MachineState.Running or MachineState.Paused)
            {
                await CopyLiveAsync(export, state, request.Capture != LiveCapture.CrashConsistent).ConfigureAwait(false);
            }
            else
            {
                await Task.Run(() => export.Copy(state == MachineState.Saved ? _files.SavedState : null), CancellationToken.None).ConfigureAwait(false);
            }

            export.Complete();
        }
        finally
        {
            SetExport(null);
        }
    }

    private async Task CopyLiveAsync(MachineExport export, MachineState state, bool withState)
    {
        WorkerRun run = _run ?? throw WrongState("exported", StateAtRest);
        if (state == MachineState.Running)
        {
            _ = await run.RequestAsync(WorkerMethod.Pause, CancellationToken.None).ConfigureAwait(false);
            Notify();
        }

        try
        {
            await run.CaptureAsync(_configuration, withState).ConfigureAwait(false);
            await Task.Run(() => export.Copy(withState ? _files.CapturedState : null), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            await GoOnAsync(run, state).ConfigureAwait(false);
        }

        if (run.IsGone)
        {
            throw ApiException.InvalidState($"'{Name}' ended while it was exported; nothing has been exported.");
        }
    }

    private async Task GoOnAsync(WorkerRun run, MachineState state)
    {
        try
        {
            if (state == MachineState.Running)
            {
                _ = await run.RequestAsync(WorkerMethod.Resume, CancellationToken.None).ConfigureAwait(false);
            }

            _ = await run.RequestAsync(WorkerMethod.Release, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ApiException) when (run.IsGone)
        {
            // Nothing is left that could go on.
        }

        Notify();
    }

    private void SetExport(Transfer? transfer)
    {
        lock (_lock)
        {
            _export = transfer;
        }

        Notify();
    }
}
