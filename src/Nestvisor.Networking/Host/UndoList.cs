namespace Nestvisor.Networking.Host;

/// <summary>
/// The steps of an operation with what undoes them: all of them are done, or those that were are undone, the last first. What undoes a step
/// must bear that it was done, half done or not done: the step that failed is undone too.
/// </summary>
public sealed class UndoList
{
    private readonly Stack<Func<Task>> _undos = new();

    private UndoList()
    {
    }

    /// <summary>Does an operation, or undoes what was done of it.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="operation">The operation.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="HostNetworkException">It failed; the message tells also what could not be undone.</exception>
    public static async Task<T> RunAsync<T>(Func<UndoList, Task<T>> operation)
    {
        UndoList steps = new();
        try
        {
            return await operation(steps).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            List<string> failures = await steps.UndoAsync().ConfigureAwait(false);
            if (failures.Count > 0)
            {
                throw new HostNetworkException(
                    (error as HostNetworkException)?.Problem ?? HostNetworkProblem.Failed,
                    $"{error.Message} What had been done before could not all be undone: {string.Join(' ', failures)}",
                    error);
            }

            throw;
        }
    }

    /// <summary>Does an operation without a result, or undoes what was done of it.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>Its end.</returns>
    /// <exception cref="HostNetworkException">It failed; the message tells also what could not be undone.</exception>
    public static Task RunAsync(Func<UndoList, Task> operation) => RunAsync(async steps =>
    {
        await operation(steps).ConfigureAwait(false);
        return true;
    });

    /// <summary>Does a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="undo">What undoes it.</param>
    /// <returns>The step's end.</returns>
    public Task DoAsync(Func<Task> step, Func<Task> undo)
    {
        _undos.Push(undo);
        return step();
    }

    /// <summary>Does a step that needs no waiting.</summary>
    /// <param name="step">The step.</param>
    /// <param name="undo">What undoes it.</param>
    public void Do(Action step, Action undo)
    {
        _undos.Push(() =>
        {
            undo();
            return Task.CompletedTask;
        });
        step();
    }

    private async Task<List<string>> UndoAsync()
    {
        List<string> failures = [];
        while (_undos.TryPop(out Func<Task>? undo))
        {
            try
            {
                await undo().ConfigureAwait(false);
            }
            catch (Exception error) when (error is HostNetworkException or IOException or UnauthorizedAccessException)
            {
                // The others are undone all the same.
                failures.Add(error.Message);
            }
        }

        return failures;
    }
}
