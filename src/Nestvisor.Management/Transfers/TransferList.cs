using System.Collections.Concurrent;
using Nestvisor.Api.Errors;

namespace Nestvisor.Management.Transfers;

/// <summary>The exports and imports that are under way, for who asks how far they are.</summary>
internal sealed class TransferList
{
    private readonly ConcurrentDictionary<Guid, Transfer> _transfers = new();

    /// <summary>The transfer with an identifier.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public Transfer Get(Guid id) => _transfers.TryGetValue(id, out Transfer? transfer)
        ? transfer
        : throw ApiException.NotFound($"No export or import {id} is under way.");

    /// <summary>Does a transfer, which can be found meanwhile.</summary>
    /// <param name="id">Its identifier; null if nobody will ask.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<T> RunAsync<T>(Guid? id, Func<Transfer, Task<T>> work, CancellationToken cancellation)
    {
        Transfer transfer = new(cancellation);
        if (id is not { } key)
        {
            return await work(transfer).ConfigureAwait(false);
        }

        _transfers[key] = transfer;
        try
        {
            return await work(transfer).ConfigureAwait(false);
        }
        finally
        {
            _ = _transfers.TryRemove(key, out _);
        }
    }
}
