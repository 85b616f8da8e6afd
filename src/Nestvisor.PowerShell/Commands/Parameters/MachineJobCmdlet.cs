using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on virtual machines that can work in the background.</summary>
public abstract class MachineJobCmdlet : NamedMachineCmdlet
{
    private readonly List<VirtualMachine> _forJob = [];

    /// <summary>Writes a job and works in the background.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>Whether the command asks of its own, beyond -Confirm, unless -Force is given.</summary>
    private protected virtual bool AsksUnlessForced => false;

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        if (_forJob.Count > 0)
        {
            Dictionary<string, object> parameters = CommandJob.ParametersOf(this, ObjectSet);
            parameters[nameof(VM)] = _forJob.ToArray();
            if (AsksUnlessForced)
            {
                // It has been asked for each of these machines; a job has nobody to ask.
                parameters["Force"] = true;
            }

            WriteObject(CommandJob.Start(this, parameters));
        }
    }

    /// <inheritdoc/>
    private protected sealed override void ProcessMachine(VirtualMachine machine)
    {
        if (!IsConfirmed(machine))
        {
            return;
        }

        if (AsJob)
        {
            _forJob.Add(machine);
            return;
        }

        Work(machine);
        if (Passthru)
        {
            WriteObject(machine);
        }
    }

    /// <summary>Asks all that the command has to ask for one machine.</summary>
    private protected abstract bool IsConfirmed(VirtualMachine machine);

    /// <summary>Does the command's work for one machine.</summary>
    private protected abstract void Work(VirtualMachine machine);
}
