namespace Nestvisor.Api.Errors;

/// <summary>The categories of errors; the names are those of PowerShell's ErrorCategory.</summary>
public enum ApiErrorCategory
{
    /// <summary>None fits.</summary>
    NotSpecified,

    /// <summary>The object does not exist.</summary>
    ObjectNotFound,

    /// <summary>An argument is wrong.</summary>
    InvalidArgument,

    /// <summary>The operation does not fit the object's state or kind.</summary>
    InvalidOperation,

    /// <summary>Nestvisor cannot do this.</summary>
    NotImplemented,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied,

    /// <summary>A file or process is not there or is taken.</summary>
    ResourceUnavailable,

    /// <summary>Somebody else uses the object.</summary>
    ResourceBusy,

    /// <summary>It took too long.</summary>
    OperationTimeout,
}
