using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>Lets one operation at a time at the place of the network interfaces.</summary>
internal interface IKernelGate
{
    /// <summary>Does an operation; the place is made if it is not there.</summary>
    /// <exception cref="ApiException">It failed.</exception>
    Task<T> RunAsync<T>(Func<HostKernel, Task<T>> operation, CancellationToken cancellation);

    /// <summary>Does an operation if the place is there.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="nothing">The result if the place is not there.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">It failed.</exception>
    Task<T> ReadAsync<T>(Func<HostKernel, Task<T>> operation, T nothing, CancellationToken cancellation);
}
