using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;

namespace Nestvisor.Management.Workers;

/// <summary>The files of one machine's run: sockets in the runtime folder, what outlives the run beside the configuration.</summary>
internal sealed class WorkerFiles(NestvisorPaths paths, Guid id, MachineLocation location)
{
    /// <summary>The folder of the sockets; it exists while the machine runs.</summary>
    public string RuntimeFolder { get; } = Path.Combine(paths.Runtime, "vms", id.ToString("N"));

    /// <summary>The control socket.</summary>
    public string ControlSocket => Path.Combine(RuntimeFolder, "control.sock");


    /// <summary>What the worker reads.</summary>
    public string WorkerConfiguration => Path.Combine(RuntimeFolder, "worker.json");

    /// <summary>What the worker prints.</summary>
    public string WorkerOutput { get; } = Path.Combine(location.RunFolder, "worker.log");

    /// <summary>The serial console's output.</summary>
    public string ConsoleLog { get; } = Path.Combine(location.RunFolder, "console.log");

    /// <summary>How the last run ended.</summary>
    public string LastRun { get; } = Path.Combine(location.RunFolder, "last-run.json");

    /// <summary>The saved state; there while the machine is saved.</summary>
    public string SavedState { get; } = location.SavedState;

    /// <summary>What a running machine that is being copied has written of its state.</summary>
    public string CapturedState => SavedState + Api.Worker.WorkerConfiguration.InvalidStateEnding;

    /// <summary>Whether the machine is saved.</summary>
    public bool HasSavedState => File.Exists(SavedState);

    /// <summary>The socket of a machine's serial console.</summary>
    public string ConsoleSocketOf(MachineConfiguration machine) => machine.ComPort1Path ?? Path.Combine(RuntimeFolder, "console.sock");

    /// <summary>Checks that nothing is where the user wants the sockets of the serial ports: a worker would take a dead one away.</summary>
    /// <exception cref="ApiException">Something is there, or the folder is not.</exception>
    public static void RequireFreePorts(MachineConfiguration machine)
    {
        foreach ((int number, string path) in ChosenSockets(machine))
        {
            if (Path.Exists(path) || !Directory.Exists(Path.GetDirectoryName(path)))
            {
                throw ApiException.Failed(
                    $"'{machine.Name}' failed to start: the socket of its serial port {number} cannot be made, because {(Path.Exists(path) ? $"'{path}' exists already. Remove it" : $"the folder of '{path}' does not exist. Make it")}, "
                    + $"or choose another path with Set-VMComPort -VMName '{machine.Name}' -Number {number} -Path.");
            }
        }
    }

    /// <summary>Removes the sockets that a run of the machine left where the user wanted them.</summary>
    public static void RemovePorts(MachineConfiguration machine)
    {
        foreach ((_, string path) in ChosenSockets(machine))
        {
            // A socket has no length; what has one is not what the worker made.
            if (new FileInfo(path) is { Exists: true, Length: 0 } left)
            {
                left.Delete();
            }
        }
    }

    /// <summary>Makes the runtime folder and removes what the last run left.</summary>
    /// <param name="continues">Whether the guest goes on with its last run: its console's output stays then.</param>
    public void Prepare(bool continues)
    {
        RemoveRuntimeFolder();
        _ = Directory.CreateDirectory(RuntimeFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(WorkerOutput);
        File.Delete(LastRun);
        if (!continues)
        {
            File.Delete(ConsoleLog);
            File.Delete(ConsoleLog + ".1");
        }
    }

    /// <summary>Removes what a worker that is gone left: the runtime folder, and a state that it did not save to the end.</summary>
    public void CleanUp()
    {
        RemoveRuntimeFolder();
        File.Delete(CapturedState);
    }

    private static IEnumerable<(int Number, string Path)> ChosenSockets(MachineConfiguration machine)
    {
        if (machine.ComPort1Path is { } first)
        {
            yield return (1, first);
        }

        if (machine.ComPort2Path is { } second)
        {
            yield return (2, second);
        }
    }

    private void RemoveRuntimeFolder()
    {
        if (Directory.Exists(RuntimeFolder))
        {
            Directory.Delete(RuntimeFolder, recursive: true);
        }
    }
}
