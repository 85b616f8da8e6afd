namespace Nestvisor.Api.Worker;

/// <summary>The codes of <see cref="WorkerError"/>.</summary>
public static class WorkerErrorCode
{
    /// <summary>The request is not valid JSON, is too long, or lacks a field.</summary>
    public const string InvalidRequest = "invalidRequest";

    /// <summary>There is no such method.</summary>
    public const string UnknownMethod = "unknownMethod";

    /// <summary>The machine is not in a state in which the method makes sense.</summary>
    public const string InvalidState = "invalidState";

    /// <summary>The method failed.</summary>
    public const string Failed = "failed";
}
