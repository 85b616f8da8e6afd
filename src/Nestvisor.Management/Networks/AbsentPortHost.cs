using Nestvisor.Api.Errors;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Networks;

/// <summary>A host without networks: adapters can be there, and connected to nothing.</summary>
internal sealed class AbsentPortHost : IPortHost
{
    /// <inheritdoc/>
    public Task<string> PreparePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation) => throw None();

    /// <inheritdoc/>
    public Task ChangePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation) => throw None();

    /// <inheritdoc/>
    public Task ReleasePortAsync(Guid adapter, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<HostPortCounters?> ReadPortCountersAsync(Guid adapter, CancellationToken cancellation) => Task.FromResult<HostPortCounters?>(null);

    /// <inheritdoc/>
    public Task ReleaseOtherPortsAsync(IReadOnlySet<Guid> running, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> GetWorkerPrefixAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>([]);

    private static ApiException None() => ApiException.NotSupported("This host has no networks for virtual machines.");
}
