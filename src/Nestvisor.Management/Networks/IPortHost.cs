using Nestvisor.Api.Errors;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Networks;

/// <summary>
/// The host's side of the adapters of running virtual machines: for each a TAP interface, which is on the bridge of the adapter's switch or
/// on none, and the rules that the kernel holds the guest to.
/// </summary>
internal interface IPortHost
{
    /// <summary>The names of the virtual switches that there are, by their identifiers.</summary>
    IReadOnlyDictionary<Guid, string> SwitchNames { get; }

    /// <summary>
    /// Makes the interface of an adapter, before its worker starts: the rules first, then the link. What an earlier run left is replaced. The
    /// default switch is made if it is needed; for a user who can have no network namespace it is a passt(1) of the adapter's own.
    /// </summary>
    /// <param name="adapter">The adapter's identifier.</param>
    /// <param name="switchId">Its switch; null for none.</param>
    /// <param name="policy">What may pass.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What the worker opens.</returns>
    /// <exception cref="ApiException">The switch does not exist, or the host cannot do it.</exception>
    Task<AdapterWire> PreparePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation);

    /// <summary>Moves the interface of a running machine's adapter to another switch or to none, and changes the rules. All or nothing.</summary>
    /// <param name="adapter">The adapter's identifier.</param>
    /// <param name="switchId">Its switch; null for none.</param>
    /// <param name="policy">What may pass.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">The switch or the interface does not exist, or the host cannot do it.</exception>
    Task ChangePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation);

    /// <summary>Connects or disconnects a running machine's adapter that has a passt of its own, as far as that is possible.</summary>
    /// <param name="adapter">The adapter's identifier.</param>
    /// <param name="switchId">Its switch; null for none.</param>
    /// <param name="policy">What may pass; the worker's matter alone.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">It is another switch than the default one, or passt has ended.</exception>
    Task ChangeAlonePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation);

    /// <summary>Removes the interface and the rules of an adapter whose worker has ended. Does nothing if there is none.</summary>
    /// <param name="adapter">The adapter's identifier.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">The host cannot do it.</exception>
    Task ReleasePortAsync(Guid adapter, CancellationToken cancellation);

    /// <summary>What the kernel has counted at the interface of an adapter; null if there is none.</summary>
    /// <param name="adapter">The adapter's identifier.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">The host cannot tell.</exception>
    Task<HostPortCounters?> ReadPortCountersAsync(Guid adapter, CancellationToken cancellation);

    /// <summary>Removes the interfaces of all adapters but these: those of machines that ended while no service ran.</summary>
    /// <param name="running">Identifiers of the adapters of machines that run.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">The host cannot do it.</exception>
    Task ReleaseOtherPortsAsync(IReadOnlySet<Guid> running, CancellationToken cancellation);

    /// <summary>
    /// The words that a worker's command line begins with, so that it starts where the interfaces are: none for root, <c>nsenter …</c> for
    /// others. Only for machines with adapters; asking makes the user's network namespace if it is not there.
    /// </summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Program and arguments, or nothing.</returns>
    /// <exception cref="ApiException">This user can have no networks, with the reason.</exception>
    Task<IReadOnlyList<string>> GetWorkerPrefixAsync(CancellationToken cancellation);
}
