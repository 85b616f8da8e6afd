using System.Collections.Concurrent;

namespace Nestvisor.Management.Disks;

/// <summary>The operations on disk files that are under way, so that a caller can end one and wait until nothing is left of it.</summary>
internal sealed class DiskOperations
{
    // Only those whose request was overtaken by its cancellation are remembered, which are few.
    private const int MostEarlyCancellations = 64;

    private readonly ConcurrentDictionary<Guid, Running> _running = new();
    private readonly ConcurrentQueue<Guid> _cancelledEarly = new();

    /// <summary>Does an operation.</summary>
    /// <param name="id">Its identifier, chosen by the caller.</param>
    /// <param name="work">The operation.</param>
    /// <param name="cancellation">Ends it too.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<T> RunAsync<T>(Guid id, Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Running running = new(stop);
        if (!_running.TryAdd(id, running))
        {
            throw new InvalidOperationException($"There is an operation {id} already.");
        }

        try
        {
            if (_cancelledEarly.Contains(id))
            {
                throw new OperationCanceledException();
            }

            return await Task.Factory.StartNew(() => work(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        finally
        {
            _ = _running.TryRemove(id, out _);
            running.HasEnded.SetResult();
        }
    }

    /// <summary>Cancels an operation and returns when it has ended, which it does at once if it is not known.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task CancelAsync(Guid id, CancellationToken cancellation)
    {
        // Its request may still be on its way: the connection was closed under it.
        _cancelledEarly.Enqueue(id);
        if (_cancelledEarly.Count > MostEarlyCancellations)
        {
            _ = _cancelledEarly.TryDequeue(out _);
        }

        if (_running.TryGetValue(id, out Running? running))
        {
            try
            {
                await running.Stop.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // It has ended meanwhile.
            }

            await running.HasEnded.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private sealed record Running(CancellationTokenSource Stop)
    {
        public TaskCompletionSource HasEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
