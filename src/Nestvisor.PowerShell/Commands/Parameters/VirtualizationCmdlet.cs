using System.Management.Automation;
using System.Net.Sockets;
using Microsoft.HyperV.PowerShell.Session;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>What all commands have: the session, errors with Hyper-V's identifiers, and an end at Ctrl-C.</summary>
public abstract class VirtualizationCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends when the command is told to stop.</summary>
    private protected CancellationToken Cancellation => _stop.Token;

    /// <summary>The session with the service.</summary>
    private protected ServiceSession Session { get; private set; } = null!;

    /// <summary>The computers that -ComputerName names; null for this one.</summary>
    private protected abstract string[]? RequestedComputers { get; }

    private protected NestvisorClient Client => Session.Client;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        Guarded(Refuse, terminating: true);
        Guarded(() => Session = ServiceSession.Current, terminating: true);
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Guarded(() =>
    {
        // Parameters that are bound from the pipeline are there only now.
        Refuse();
        Process();
    });

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>Does the command's work for one input.</summary>
    private protected abstract void Process();

    /// <summary>Waits for an answer of the service.</summary>
    private protected T Await<T>(Task<T> task) => task.GetAwaiter().GetResult();

    /// <summary>Waits for an answer of the service.</summary>
    private protected void Await(Task task) => task.GetAwaiter().GetResult();

    /// <summary>Runs an action and turns its failure into an error of this command.</summary>
    private protected void Guarded(Action action, bool terminating = false, object? target = null)
    {
        try
        {
            action();
        }
        catch (ApiException error)
        {
            Report(error, terminating, target);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            Report(ApiException.Failed(error.Message, error), terminating, target);
        }
        catch (UnauthorizedAccessException error)
        {
            Report(new ApiException(ApiErrorCode.AccessDenied, ApiErrorCategory.PermissionDenied, error.Message, error), terminating, target);
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>The error record of an error of the service.</summary>
    private protected static ErrorRecord ErrorOf(ApiException error, object? target) =>
        new(new VirtualizationException(error.Message, error), error.Error.Code, CategoryOf(error.Error.Category), target);

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    /// <param name="what">What the command will do, such as "start".</param>
    /// <param name="machine">To which machine.</param>
    private protected bool Confirmed(string what, VirtualMachine machine)
    {
        string name = MyInvocation.MyCommand.Name;
        string description = $"{name} will {what} the virtual machine \"{machine.Name}\".";
        return ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm");
    }

    /// <summary>The absolute path of a file that the user named.</summary>
    private protected string FullPath(string path) => PathResolver.Resolve(SessionState, path);

    private void Report(ApiException error, bool terminating, object? target)
    {
        if (terminating)
        {
            ThrowTerminatingError(ErrorOf(error, target));
        }

        WriteError(ErrorOf(error, target));
    }

    private void Refuse()
    {
        if (ParameterRules.FirstRefusal(this) is { } refusal)
        {
            throw ApiException.NotSupported(refusal);
        }

        if (Array.Find(RequestedComputers ?? [], computer => !ThisComputer.Is(computer)) is { } other)
        {
            throw ApiException.NotSupported($"Nestvisor's commands work on this computer only, not on '{other}'. Run the command there, through ssh.");
        }
    }

    private static ErrorCategory CategoryOf(ApiErrorCategory category) => category switch
    {
        ApiErrorCategory.ObjectNotFound => ErrorCategory.ObjectNotFound,
        ApiErrorCategory.InvalidArgument => ErrorCategory.InvalidArgument,
        ApiErrorCategory.InvalidOperation => ErrorCategory.InvalidOperation,
        ApiErrorCategory.NotImplemented => ErrorCategory.NotImplemented,
        ApiErrorCategory.PermissionDenied => ErrorCategory.PermissionDenied,
        ApiErrorCategory.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        ApiErrorCategory.ResourceBusy => ErrorCategory.ResourceBusy,
        ApiErrorCategory.OperationTimeout => ErrorCategory.OperationTimeout,
        _ => ErrorCategory.NotSpecified,
    };
}
