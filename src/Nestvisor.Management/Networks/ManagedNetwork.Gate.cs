using Nestvisor.Management.HostAdapters;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>Operations of others at the same place.</content>
internal sealed partial class ManagedNetwork : IKernelGate
{
    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<HostKernel, Task<T>> operation, CancellationToken cancellation) =>
        RunAsync(async () => await operation(await EnsureKernelAsync().ConfigureAwait(false)).ConfigureAwait(false), cancellation);

    /// <inheritdoc/>
    public Task<T> ReadAsync<T>(Func<HostKernel, Task<T>> operation, T nothing, CancellationToken cancellation) =>
        RunAsync(async () => _place.Find() is { } kernel ? await operation(kernel).ConfigureAwait(false) : nothing, cancellation);
}
