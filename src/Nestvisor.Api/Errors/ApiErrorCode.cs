namespace Nestvisor.Api.Errors;

/// <summary>The error identifiers that Hyper-V's commands use; they become the first part of FullyQualifiedErrorId.</summary>
public static class ApiErrorCode
{
    /// <summary>The object does not exist.</summary>
    public const string ObjectNotFound = "ObjectNotFound";

    /// <summary>An argument has a value that cannot be.</summary>
    public const string InvalidParameter = "InvalidParameter";

    /// <summary>The virtual machine is not in a state in which this can be done.</summary>
    public const string InvalidState = "InvalidState";

    /// <summary>Somebody else uses the object.</summary>
    public const string ObjectInUse = "ObjectInUse";

    /// <summary>What is asked for is not supported.</summary>
    public const string NotSupported = "NotSupported";

    /// <summary>The operation failed.</summary>
    public const string OperationFailed = "OperationFailed";

    /// <summary>The operation did not end in time.</summary>
    public const string OperationTimeout = "OperationTimeout";

    /// <summary>The caller may not do this.</summary>
    public const string AccessDenied = "AccessDenied";

    /// <summary>There is not enough memory for the operation.</summary>
    public const string OutOfMemory = "OutOfMemory";

    /// <summary>The service cannot be reached or started.</summary>
    public const string ServiceUnavailable = "ServiceUnavailable";

    /// <summary>The error is none of the others.</summary>
    public const string Unspecified = "Unspecified";
}
