namespace Nestvisor.Api.Errors;

/// <summary>An operation failed for a reason that <see cref="Error"/> tells.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ApiException(ApiError error, Exception? inner = null)
        : base(error.Message, inner) => Error = error;

    /// <summary>Creates the exception from the parts of its error.</summary>
    public ApiException(string code, ApiErrorCategory category, string message, Exception? inner = null)
        : this(new ApiError { Code = code, Category = category, Message = message }, inner)
    {
    }

    /// <summary>The error.</summary>
    public ApiError Error { get; }

    /// <summary>An argument has a value that cannot be.</summary>
    public static ApiException InvalidArgument(string message) => new(ApiErrorCode.InvalidParameter, ApiErrorCategory.InvalidArgument, message);

    /// <summary>The virtual machine is not in a state in which this can be done.</summary>
    public static ApiException InvalidState(string message) => new(ApiErrorCode.InvalidState, ApiErrorCategory.InvalidOperation, message);

    /// <summary>The object does not exist.</summary>
    public static ApiException NotFound(string message) => new(ApiErrorCode.ObjectNotFound, ApiErrorCategory.ObjectNotFound, message);

    /// <summary>Somebody else uses the object.</summary>
    public static ApiException InUse(string message, Exception? inner = null) => new(ApiErrorCode.ObjectInUse, ApiErrorCategory.ResourceBusy, message, inner);

    /// <summary>Nestvisor cannot do this.</summary>
    public static ApiException NotSupported(string message) => new(ApiErrorCode.NotSupported, ApiErrorCategory.NotImplemented, message);

    /// <summary>The operation failed.</summary>
    public static ApiException Failed(string message, Exception? inner = null) =>
        new(ApiErrorCode.OperationFailed, ApiErrorCategory.InvalidOperation, message, inner);
}
