using System.Management.Automation;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>Error records with the identifiers, categories and targets that Windows' commands over CIM classes give.</summary>
internal static class CimError
{
    /// <summary>Identifier of a wrong argument (ERROR_INVALID_PARAMETER).</summary>
    public const string InvalidParameter = "Windows System Error 87";

    /// <summary>Identifier of what is not there (ERROR_NOT_FOUND).</summary>
    public const string NotFound = "Windows System Error 1168";

    /// <summary>Identifier of what may not be done (ERROR_ACCESS_DENIED).</summary>
    public const string AccessDenied = "Windows System Error 5";

    /// <summary>Identifier of what another uses (ERROR_SHARING_VIOLATION); these errors have no category.</summary>
    public const string InUse = "Windows System Error 32";

    /// <summary>The record of an error of the service.</summary>
    /// <param name="error">The error.</param>
    /// <param name="cimClass">The class that the command works on.</param>
    public static ErrorRecord Of(ApiException error, string cimClass)
    {
        ErrorRecord record = new(new CimException(error.Message, error), IdOf(error.Error.Code), CategoryOf(error.Error.Category), null);
        record.CategoryInfo.TargetName = cimClass;
        record.CategoryInfo.TargetType = $"ROOT/StandardCimv2/{cimClass}";
        return record;
    }

    /// <summary>Nothing has the value that one property was asked for.</summary>
    public static ErrorRecord NotFoundByProperty(string cimClass, string property, object? value) => new(
        new CimJobException($"No {cimClass} objects found with property '{property}' equal to '{value}'.  Verify the value of the property and retry."),
        $"CmdletizationQuery_NotFound_{property}",
        ErrorCategory.ObjectNotFound,
        value);

    /// <summary>Nothing meets all that was asked for.</summary>
    public static ErrorRecord NotFoundByQuery(string cimClass, string conditions) => new(
        new CimJobException(
            $"No matching {cimClass} objects found by CIM query for instances of the ROOT/StandardCimv2/{cimClass} class on the  CIM server: "
            + $"{conditions}. Verify query parameters and retry."),
        "CmdletizationQuery_NotFound",
        ErrorCategory.ObjectNotFound,
        null);

    // Of the service's errors those that Windows' commands have a number for get it; the others keep their name.
    private static string IdOf(string code) => code switch
    {
        ApiErrorCode.InvalidParameter => InvalidParameter,
        ApiErrorCode.ObjectNotFound => NotFound,
        ApiErrorCode.AccessDenied => AccessDenied,
        ApiErrorCode.ObjectInUse => InUse,
        _ => code,
    };

    private static ErrorCategory CategoryOf(ApiErrorCategory category) => category switch
    {
        ApiErrorCategory.ObjectNotFound => ErrorCategory.ObjectNotFound,
        ApiErrorCategory.InvalidArgument => ErrorCategory.InvalidArgument,
        ApiErrorCategory.InvalidOperation => ErrorCategory.InvalidOperation,
        ApiErrorCategory.NotImplemented => ErrorCategory.NotImplemented,
        ApiErrorCategory.PermissionDenied => ErrorCategory.PermissionDenied,
        ApiErrorCategory.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        ApiErrorCategory.OperationTimeout => ErrorCategory.OperationTimeout,
        _ => ErrorCategory.NotSpecified,
    };
}
