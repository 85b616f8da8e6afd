using System.Runtime.InteropServices;
using Nestvisor.Api.Worker;
using Nestvisor.Machine;
using Nestvisor.Platform;
using Nestvisor.Worker.Consoles;
using Nestvisor.Worker.Control;
using Nestvisor.Worker.Lockdown;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Commands;

/// <summary><c>run --config FILE</c>: one run of one machine, controlled through its sockets.</summary>
internal static class RunCommand
{
    public static int Execute(string path)
    {
        WorkerConfiguration configuration;
        try
        {
            configuration = ConfigurationFile.Read(path);
        }
        catch (ConfigurationException e)
        {
            Console.Error.WriteLine($"nestvisor-worker: {e.Message}");
            return ExitCode.StartFailed;
        }

        StatusFile? status = null;
        ControlServer? control = null;
        WorkerExit exit;
        try
        {
            status = configuration.StatusFile is { } file ? new StatusFile(file) : null;
            control = new ControlServer(configuration);
            exit = Run(configuration, control, status);
        }
        catch (Exception e) when (StartFailure.IsExpected(e))
        {
            Console.Error.WriteLine($"nestvisor-worker: {e.Message}");
            exit = new WorkerExit
            {
                Id = configuration.Id,
                Name = configuration.Name,
                Reason = WorkerExitReason.StartFailed,
                Message = e.Message,
                EndedAt = DateTimeOffset.UtcNow,
            };
        }

        status?.Write(exit);
        control?.Complete(exit);
        control?.Dispose();
        status?.Dispose();
        return ExitCode.Of(exit);
    }

    private static WorkerExit Run(WorkerConfiguration configuration, ControlServer control, StatusFile? status)
    {
        ConsoleHub console = new();
        ConsoleHub? second = configuration.SecondSerialSocket is null ? null : new ConsoleHub();
        using ConsoleLog? log = configuration.ConsoleLog is { } path ? new ConsoleLog(console, path, configuration.ConsoleLogMaximumBytes) : null;
        try
        {
            using ConsoleServer? server = configuration.ConsoleSocket is { } socket ? new ConsoleServer(console, socket) : null;
            using ConsoleServer? secondServer = second is null ? null : new ConsoleServer(second, configuration.SecondSerialSocket!);
            using SavedStateFile? saved = configuration.SavedStateFile is null ? null : SavedStateFile.Open(configuration);
            using VirtualMachine machine = VirtualMachine.Create(configuration, console, second, saved);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => StopOn(context, machine));
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => StopOn(context, machine));
            WorkerLockdown.Apply(machine.Engine, [.. status is null ? [] : (PreparedRename[])[status.Rename], .. saved?.Renames ?? []]);
            if (configuration.RestoreSavedState)
            {
                // Behind the lock-down, as a saved state is not trusted.
                machine.Restore();
            }
            else
            {
                machine.Start();
            }

            // Only now: a machine that is being restored must not be told to go on.
            control.SetMachine(machine);
            MachineEnd end = machine.Ended.GetAwaiter().GetResult();
            if (end.Message is { } message)
            {
                Console.Error.WriteLine($"nestvisor-worker: {message}");
            }

            return machine.Describe(end);
        }
        finally
        {
            console.Complete();
            second?.Complete();
        }
    }

    private static void StopOn(PosixSignalContext context, VirtualMachine machine)
    {
        context.Cancel = true;
        machine.Stop();
    }
}
