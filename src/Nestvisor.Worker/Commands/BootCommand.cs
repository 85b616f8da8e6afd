using System.Runtime.InteropServices;
using Nestvisor.Api.Worker;
using Nestvisor.Devices.Serial;
using Nestvisor.Machine;
using Nestvisor.Platform;
using Nestvisor.Worker.Consoles;
using Nestvisor.Worker.Lockdown;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Commands;

/// <summary><c>boot</c>: a machine straight on the terminal, for debugging and tests.</summary>
internal static class BootCommand
{
    public static int Execute(WorkerConfiguration configuration)
    {
        try
        {
            ConfigurationFile.Check(configuration);
            return Run(configuration);
        }
        catch (Exception e) when (StartFailure.IsExpected(e))
        {
            Console.Error.WriteLine($"nestvisor-worker: {e.Message}");
            return ExitCode.StartFailed;
        }
    }

    private static int Run(WorkerConfiguration configuration)
    {
        using Stream output = Console.OpenStandardOutput();
        StreamSerialBackend serial = new(output);
        using VirtualMachine machine = VirtualMachine.Create(configuration, serial);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => StopOn(context, machine));
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => StopOn(context, machine));
        MachineEnd end;
        using (TerminalMode? terminal = TerminalMode.TryMakeRaw(0))
        {
            TerminalKeys keys = new(serial, machine.Stop, escapes: terminal is not null);
            WorkerLockdown.Apply(machine.Engine);
            keys.Start();
            machine.Start();
            end = machine.Ended.GetAwaiter().GetResult();
        }

        WorkerExit exit = machine.Describe(end);
        if (exit.Reason is not (WorkerExitReason.PowerOff or WorkerExitReason.TurnedOff or WorkerExitReason.TestExit))
        {
            Console.Error.WriteLine($"nestvisor-worker: {exit.Reason}: {exit.Message}");
        }

        if (configuration.CompareTiers != WorkerComparison.None)
        {
            Console.Error.WriteLine(
                $"nestvisor-worker: native code ran {exit.Counters["comparedRuns"]} times beside the interpreter, with "
                + $"{exit.Counters["comparedOperations"]} operations; {exit.Counters["comparisonsLeftOut"]} of these runs tell nothing.");
        }

        return ExitCode.Of(exit);
    }

    private static void StopOn(PosixSignalContext context, VirtualMachine machine)
    {
        context.Cancel = true;
        machine.Stop();
    }
}
