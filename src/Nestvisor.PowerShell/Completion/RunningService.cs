using Nestvisor.Api;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Completion;

/// <summary>
/// Asks the service for completion: only if it runs already, not for long, and without ever failing. A key that is pressed must neither
/// start a process nor show an error.
/// </summary>
internal static class RunningService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>The answer; null if there is none.</summary>
    /// <param name="question">What to ask.</param>
    public static T? Ask<T>(Func<NestvisorClient, CancellationToken, Task<T>> question)
        where T : class
    {
        try
        {
            using NestvisorClient client = new(NestvisorPaths.FromEnvironment(), startsService: false);
            using CancellationTokenSource limit = new(Limit);
            return question(client, limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is ApiException or OperationCanceledException)
        {
            return null;
        }
    }
}
