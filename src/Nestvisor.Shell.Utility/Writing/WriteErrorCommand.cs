using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Write-Error: reports an error.</summary>
[Cmdlet(VerbsCommunications.Write, "Error", DefaultParameterSetName = "NoException")]
public sealed class WriteErrorCommand : PSCmdlet
{
    /// <summary>An exception.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "WithException")]
    public Exception? Exception { get; set; }

    /// <summary>The message.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "NoException", ValueFromPipeline = true)]
    [Parameter(ParameterSetName = "WithException")]
    [AllowNull]
    [AllowEmptyString]
    [Alias("Msg")]
    public string? Message { get; set; }

    /// <summary>A record, as it was given.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ErrorRecord")]
    public ErrorRecord? ErrorRecord { get; set; }

    /// <summary>The kind of error.</summary>
    [Parameter(ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    public ErrorCategory Category { get; set; } = ErrorCategory.NotSpecified;

    /// <summary>The error's id.</summary>
    [Parameter(ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    public string? ErrorId { get; set; }

    /// <summary>What it is about.</summary>
    [Parameter(ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    public object? TargetObject { get; set; }

    /// <summary>What the user can do.</summary>
    [Parameter]
    public string? RecommendedAction { get; set; }

    /// <summary>What was being done.</summary>
    [Parameter]
    [Alias("Activity")]
    public string? CategoryActivity { get; set; }

    /// <summary>Why it failed.</summary>
    [Parameter]
    [Alias("Reason")]
    public string? CategoryReason { get; set; }

    /// <summary>The name of what it is about.</summary>
    [Parameter]
    [Alias("TargetName")]
    public string? CategoryTargetName { get; set; }

    /// <summary>The type of what it is about.</summary>
    [Parameter]
    [Alias("TargetType")]
    public string? CategoryTargetType { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var record = ErrorRecord is not null ? new ErrorRecord(ErrorRecord, null) : Create();
        if (!string.IsNullOrEmpty(RecommendedAction))
            record.ErrorDetails = new ErrorDetails(record.ErrorDetails?.Message ?? record.Exception.Message) { RecommendedAction = RecommendedAction };
        if (!string.IsNullOrEmpty(CategoryActivity))
            record.CategoryInfo.Activity = CategoryActivity;
        if (!string.IsNullOrEmpty(CategoryReason))
            record.CategoryInfo.Reason = CategoryReason;
        if (!string.IsNullOrEmpty(CategoryTargetName))
            record.CategoryInfo.TargetName = CategoryTargetName;
        if (!string.IsNullOrEmpty(CategoryTargetType))
            record.CategoryInfo.TargetType = CategoryTargetType;
        // The error is its caller's: the id must not end with this cmdlet's name, and the line shown is the caller's.
        if (GetVariableValue("MyInvocation") is InvocationInfo caller)
        {
            const System.Reflection.BindingFlags hidden = System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance;
            typeof(ErrorRecord).GetMethod("SetInvocationInfo", hidden)?.Invoke(record, [caller]);
            typeof(ErrorRecord).GetProperty("PreserveInvocationInfoOnce", hidden)?.SetValue(record, true);
            if (string.IsNullOrEmpty(CategoryActivity))
                record.CategoryInfo.Activity = "Write-Error";
        }

        WriteError(record);
    }

    private ErrorRecord Create()
    {
        var error = Exception ?? new WriteErrorException(Message ?? string.Empty);
        var record = new ErrorRecord(error, string.IsNullOrEmpty(ErrorId) ? error.GetType().FullName : ErrorId, Category, TargetObject);
        if (Exception is not null && !string.IsNullOrEmpty(Message))
            record.ErrorDetails = new ErrorDetails(Message);
        return record;
    }
}

/// <summary>An error that Write-Error made of a message.</summary>
public sealed class WriteErrorException : SystemException
{
    /// <summary>An error without a message.</summary>
    public WriteErrorException()
    {
    }

    /// <summary>An error with a message.</summary>
    public WriteErrorException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and what caused it.</summary>
    public WriteErrorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
