namespace Nestvisor.Worker.Consoles;

/// <summary>A bounded queue of bytes between two threads. Who writes never waits.</summary>
internal sealed class ByteQueue(int capacity)
{
    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[capacity];
    private int _start;
    private int _count;
    private TaskCompletionSource? _dataWaiter;
    private TaskCompletionSource? _roomWaiter;
    private bool _completed;

    /// <summary>Puts in what there is room for.</summary>
    /// <returns>How many bytes of the data went in.</returns>
    public int Write(ReadOnlySpan<byte> data)
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            data = data[..Math.Min(data.Length, _ring.Length - _count)];
            int end = (_start + _count) % _ring.Length;
            int first = Math.Min(data.Length, _ring.Length - end);
            data[..first].CopyTo(_ring.AsSpan(end));
            data[first..].CopyTo(_ring);
            _count += data.Length;
            waiter = _dataWaiter;
            _dataWaiter = null;
        }

        _ = waiter?.TrySetResult();
        return data.Length;
    }

    /// <summary>Takes what is there, without waiting.</summary>
    /// <returns>Number of bytes.</returns>
    public int Read(Span<byte> target)
    {
        TaskCompletionSource? waiter;
        int count;
        lock (_lock)
        {
            count = Math.Min(target.Length, _count);
            int first = Math.Min(count, _ring.Length - _start);
            _ring.AsSpan(_start, first).CopyTo(target);
            _ring.AsSpan(0, count - first).CopyTo(target[first..]);
            _start = (_start + count) % _ring.Length;
            _count -= count;
            waiter = _roomWaiter;
            _roomWaiter = null;
        }

        _ = waiter?.TrySetResult();
        return count;
    }

    /// <summary>Says that nothing more comes; what is there can still be read.</summary>
    public void Complete()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            _completed = true;
            waiter = _dataWaiter;
        }

        _ = waiter?.TrySetResult();
    }

    /// <summary>Takes what is there, and waits until something is.</summary>
    /// <returns>Number of bytes; 0 when the queue is complete and empty.</returns>
    public async Task<int> ReadAsync(Memory<byte> target)
    {
        while (true)
        {
            int count = Read(target.Span);
            if (count != 0)
            {
                return count;
            }

            Task wait;
            lock (_lock)
            {
                if (_count != 0)
                {
                    continue;
                }

                if (_completed)
                {
                    return 0;
                }

                wait = (_dataWaiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until there is room.</summary>
    public async Task AwaitRoomAsync(CancellationToken cancellation)
    {
        Task wait;
        lock (_lock)
        {
            if (_count < _ring.Length)
            {
                return;
            }

            wait = (_roomWaiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await wait.WaitAsync(cancellation).ConfigureAwait(false);
    }
}
