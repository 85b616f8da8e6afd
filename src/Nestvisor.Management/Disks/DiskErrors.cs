using Nestvisor.Api.Errors;
using Nestvisor.Storage;

namespace Nestvisor.Management.Disks;

/// <summary>Errors of disk files, with the identifiers of Hyper-V's commands.</summary>
internal static class DiskErrors
{
    /// <summary>The operation failed; Hyper-V gives these no category.</summary>
    public static ApiException Failed(string message, Exception? inner = null) =>
        new(ApiErrorCode.OperationFailed, ApiErrorCategory.NotSpecified, message, inner);

    /// <summary>An error with what failed as its first line.</summary>
    public static ApiException WithTitle(string title, ApiException error) =>
        new(error.Error with { Message = $"{title}\n{error.Message}" }, error);

    /// <summary>The error for what the storage threw.</summary>
    /// <param name="path">The disk that was worked on.</param>
    /// <param name="error">What was thrown.</param>
    public static ApiException Of(string path, Exception error) => error switch
    {
        ApiException known => known,
        UnauthorizedAccessException => new ApiException(
            ApiErrorCode.AccessDenied, ApiErrorCategory.PermissionDenied, $"'{path}' may not be used: {error.Message}", error),
        _ => IsAttached(path) ? ApiException.InUse(error.Message, error) : Failed(error.Message, error),
    };

    private static bool IsAttached(string path)
    {
        try
        {
            return VirtualDisk.Inspect(path).Attached;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
