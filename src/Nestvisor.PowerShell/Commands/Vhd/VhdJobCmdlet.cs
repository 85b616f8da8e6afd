using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>A command that changes virtual hard disk files and can work in the background.</summary>
public abstract class VhdJobCmdlet : VhdCmdlet
{
    private readonly List<string> _forJob = [];

    /// <summary>Writes a job and works in the background.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        if (_forJob.Count > 0)
        {
            // Drives of the session mean nothing to a job, so it gets absolute paths.
            Dictionary<string, object> parameters = CommandJob.ParametersOf(this, ParameterSetName);
            parameters["Path"] = _forJob.ToArray();
            WriteObject(CommandJob.Start(this, parameters));
        }
    }

    /// <summary>Does the command's work for a file, or leaves it to the job.</summary>
    private protected void WorkOrLeave(string file, Action<string> work)
    {
        if (AsJob)
        {
            _forJob.Add(file);
        }
        else
        {
            work(file);
        }
    }
}
