using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command that goes on in the background, as -AsJob demands: it runs again, in a PowerShell engine of its own in this process.</summary>
internal sealed class CommandJob : Job
{
    private readonly Runspace _runspace;
    private readonly System.Management.Automation.PowerShell _shell;

    private CommandJob(PSCmdlet command, IEnumerable<KeyValuePair<string, object>> parameters, string type)
        : base(command.MyInvocation.Line.Trim(), command.MyInvocation.MyCommand.Name)
    {
        PSJobTypeName = type;
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();

        // Relative paths mean the same files as in the foreground.
        _ = _runspace.SessionStateProxy.Path.SetLocation(command.SessionState.Path.CurrentFileSystemLocation.ProviderPath);
        _shell = System.Management.Automation.PowerShell.Create(_runspace);
        _ = _shell.AddCommand(new CmdletInfo(command.MyInvocation.MyCommand.Name, command.GetType()));
        foreach ((string name, object value) in parameters)
        {
            _ = _shell.AddParameter(name, value);
        }

        _shell.Streams.Error = Error;
        _shell.Streams.Warning = Warning;
        _shell.Streams.Verbose = Verbose;
        _shell.Streams.Debug = Debug;
        _shell.Streams.Progress = Progress;
        _shell.Streams.Information = Information;
        _shell.InvocationStateChanged += OnStateChanged;
    }

    /// <inheritdoc/>
    public override string Location => "localhost";

    /// <inheritdoc/>
    public override string StatusMessage => "";

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count > 0;

    /// <summary>Starts a job and makes it known to Get-Job.</summary>
    /// <param name="command">The command, which has asked all that it has to.</param>
    /// <param name="parameters">What the command is given in the background.</param>
    /// <param name="type">The kind of job that Get-Job shows.</param>
    public static CommandJob Start(PSCmdlet command, IEnumerable<KeyValuePair<string, object>> parameters, string type = "VMJob")
    {
        CommandJob job = new(command, parameters, type);
        command.JobRepository.Add(job);
        job.SetJobState(JobState.Running);
        _ = job._shell.BeginInvoke<PSObject, PSObject>(null, job.Output);
        return job;
    }

    /// <summary>The parameters that a command was given, for its job: those of all sets and of one more, but for -AsJob and common ones.</summary>
    /// <param name="command">The command.</param>
    /// <param name="set">The set that the job uses.</param>
    public static Dictionary<string, object> ParametersOf(PSCmdlet command, string set)
    {
        Dictionary<string, object> parameters = [];
        foreach ((string name, object value) in command.MyInvocation.BoundParameters)
        {
            // What was asked for by -Confirm and -WhatIf has been answered; variables belong to the foreground.
            if (name != "AsJob"
                && !Cmdlet.CommonParameters.Contains(name)
                && !Cmdlet.OptionalCommonParameters.Contains(name)
                && command.MyInvocation.MyCommand.Parameters[name].ParameterSets.Keys.Any(key => key == set || key == ParameterAttribute.AllParameterSets))
            {
                parameters.Add(name, value);
            }
        }

        return parameters;
    }

    /// <inheritdoc/>
    public override void StopJob() => _shell.Stop();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _shell.Dispose();
            _runspace.Dispose();
        }

        base.Dispose(disposing);
    }

    private void OnStateChanged(object? sender, PSInvocationStateChangedEventArgs change)
    {
        switch (change.InvocationStateInfo.State)
        {
            case PSInvocationState.Completed:
                SetJobState(Error.Count > 0 ? JobState.Failed : JobState.Completed);
                break;
            case PSInvocationState.Stopped:
                SetJobState(JobState.Stopped);
                break;
            case PSInvocationState.Failed:
                if (change.InvocationStateInfo.Reason is IContainsErrorRecord reason)
                {
                    Error.Add(reason.ErrorRecord);
                }

                SetJobState(JobState.Failed);
                break;
            default:
                break;
        }
    }
}
