using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Microsoft.HyperV.PowerShell.Session;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>What all commands have: the service, errors as those of Windows' commands, and an end at Ctrl-C.</summary>
public abstract class NetworkCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends when the command is told to stop.</summary>
    private protected CancellationToken Cancellation => _stop.Token;

    private protected NestvisorClient Client { get; private set; } = null!;

    /// <summary>Name of the class of what the command works on, such as <c>MSFT_NetAdapter</c>; errors name it.</summary>
    private protected abstract string CimClass { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        if (ParameterRules.FirstRefusal(this) is { } refusal)
        {
            ThrowTerminatingError(ErrorOf(ApiException.NotSupported(refusal)));
        }

        try
        {
            Client = ServiceSession.Current.Client;
        }
        catch (ApiException error)
        {
            ThrowTerminatingError(ErrorOf(error));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Guarded(Process);

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>Does the command's work for one input.</summary>
    private protected abstract void Process();

    /// <summary>The interfaces as they are now. It warns where there are none at all: a user who is not root, and has no virtual switch yet.</summary>
    private protected NetworkState LoadState()
    {
        NetworkState state = NetworkState.Load(Client, Cancellation);
        if (state.Adapters.Count == 0)
        {
            WriteWarning(
                "This user is not root and has no virtual switch yet, so there is no network adapter to show or change: they are in a network namespace of the user's own, which is made "
                + "with the first switch (New-VMSwitch -SwitchType Internal). The host's own are root's; ip address shows them.");
        }

        return state;
    }

    /// <summary>Waits for an answer of the service.</summary>
    private protected T Await<T>(Task<T> task) => task.GetAwaiter().GetResult();

    /// <summary>Waits for an answer of the service.</summary>
    private protected void Await(Task task) => task.GetAwaiter().GetResult();

    /// <summary>Runs an action and turns its failure into an error of this command.</summary>
    private protected void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (ApiException error)
        {
            WriteError(ErrorOf(error));
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Says what a change leaves open.</summary>
    private protected void Warn(IEnumerable<string> warnings)
    {
        foreach (string warning in warnings)
        {
            WriteWarning(warning);
        }
    }

    /// <summary>The error record of an error of the service.</summary>
    private protected ErrorRecord ErrorOf(ApiException error) => CimError.Of(error, CimClass);
}
