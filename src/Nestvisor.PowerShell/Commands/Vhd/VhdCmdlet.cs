using System.Collections.Concurrent;
using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Disks;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>A command on virtual hard disk files.</summary>
public abstract class VhdCmdlet : VirtualizationCmdlet
{
    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <summary>Does something for each file that a path with or without wildcards means.</summary>
    private protected void ForEachFile(IEnumerable<string> paths, Action<string> work)
    {
        foreach (string path in paths)
        {
            // One file's failure does not keep the command from the others.
            Guarded(
                () =>
                {
                    foreach (string file in PathResolver.ResolveAll(SessionState, path))
                    {
                        Guarded(() => work(file), target: file);
                    }
                },
                target: path);
        }
    }

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    /// <param name="what">What the command will do, such as "resize".</param>
    /// <param name="file">To which file.</param>
    private protected bool Confirmed(string what, string file)
    {
        string description = $"{MyInvocation.MyCommand.Name} will {what} the virtual hard disk \"{file}\".";
        return ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm");
    }

    /// <summary>Waits for an operation and shows how far it is.</summary>
    /// <param name="activity">What is done, for people.</param>
    /// <param name="file">To which file.</param>
    /// <param name="start">Starts the operation.</param>
    private protected DiskFileInfo WithProgress(string activity, string file, Func<IProgress<int>, Task<DiskFileInfo>> start)
    {
        using BlockingCollection<int> percents = [];
        Task<DiskFileInfo> work = start(new Reporter(percents));
        _ = work.ContinueWith(_ => percents.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        ProgressRecord record = new(0, activity, file) { PercentComplete = 0 };
        try
        {
            foreach (int percent in percents.GetConsumingEnumerable())
            {
                record.PercentComplete = percent;
                WriteProgress(record);
            }

            record.PercentComplete = work.IsCompletedSuccessfully ? 100 : record.PercentComplete;
            record.RecordType = ProgressRecordType.Completed;
            WriteProgress(record);
        }
        finally
        {
            // A command that is stopped ends only when nothing half done is left of its work.
            _ = Task.WaitAny(work);
        }

        return Await(work);
    }

    private sealed class Reporter(BlockingCollection<int> percents) : IProgress<int>
    {
        public void Report(int value) => percents.Add(value);
    }
}
