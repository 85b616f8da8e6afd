using Nestvisor.Management.Disks;

namespace Nestvisor.Management.Tests;

public sealed class DiskOperationsTests
{
    private readonly DiskOperations _operations = new();
    private readonly Guid _id = Guid.NewGuid();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cancel_OfAnOperation_ReturnsWhenItHasCleanedUp()
    {
        using ManualResetEventSlim begun = new();
        using ManualResetEventSlim mayCleanUp = new();
        bool clean = false;
        Task<int> work = _operations.RunAsync<int>(
            _id,
            stop =>
            {
                begun.Set();
                _ = stop.WaitHandle.WaitOne();
                mayCleanUp.Wait(CancellationToken.None);
                clean = true;
                throw new OperationCanceledException(stop);
            },
            Cancellation);
        begun.Wait(Cancellation);

        Task cancel = _operations.CancelAsync(_id, Cancellation);

        Assert.False(cancel.IsCompleted);
        mayCleanUp.Set();
        await cancel;
        Assert.True(clean);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task Cancel_ThatOvertakesItsOperation_KeepsItFromBeginning()
    {
        await _operations.CancelAsync(_id, Cancellation);
        bool begun = false;

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _operations.RunAsync(_id, _ => begun = true, Cancellation));

        Assert.False(begun);
        Assert.True(await _operations.RunAsync(Guid.NewGuid(), _ => true, Cancellation));
    }

    [Fact]
    public async Task Run_WhoseCallerLeaves_IsCancelled()
    {
        using CancellationTokenSource caller = new();
        using ManualResetEventSlim begun = new();
        Task<int> work = _operations.RunAsync<int>(
            _id,
            stop =>
            {
                begun.Set();
                _ = stop.WaitHandle.WaitOne();
                throw new OperationCanceledException(stop);
            },
            caller.Token);
        begun.Wait(Cancellation);

        await caller.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task Run_ThatFails_ThrowsItsError() =>
        _ = await Assert.ThrowsAsync<InvalidDataException>(() => _operations.RunAsync<int>(_id, _ => throw new InvalidDataException(), Cancellation));
}
