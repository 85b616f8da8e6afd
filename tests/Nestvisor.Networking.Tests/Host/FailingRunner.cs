using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>Lets one command of an operation fail: before it is done, or behind it, as if only its answer had been lost.</summary>
/// <param name="inner">Runs the commands.</param>
public sealed class FailingRunner(ICommandRunner inner) : ICommandRunner
{
    private int _left = int.MaxValue;

    /// <summary>Whether the failing command is done all the same.</summary>
    public bool FailsAfter { get; set; }

    /// <summary>How many changes there have been: commands, and the lines of a batch one by one.</summary>
    public int Changes { get; private set; }

    /// <summary>Whether it has failed.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Lets the change with a number fail, once.</summary>
    public void FailAt(int change)
    {
        _left = change;
        Changes = 0;
        HasFailed = false;
    }

    /// <summary>Runs an operation that fails at its first change, at its second, and so on, until it comes to its end.</summary>
    /// <param name="failsAfter"><see cref="FailsAfter"/>.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="check">Looks at what a failure has left: number of the step, and error.</param>
    /// <returns>How often it was run.</returns>
    public async Task<int> FailAtEachStepAsync<TError>(bool failsAfter, Func<Task> operation, Func<int, TError, Task> check)
        where TError : Exception
    {
        FailsAfter = failsAfter;
        for (int step = 1; ; step++)
        {
            FailAt(step);
            try
            {
                await operation();
                return step;
            }
            catch (TError error)
            {
                await check(step, error);
            }
        }
    }

    public async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation)
    {
        string[] lines = arguments.Contains("-batch") ? input.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [input];
        int changes = IsQuestion(program, arguments) ? 0 : lines.Length;
        Changes += changes;
        if (HasFailed || changes == 0 || changes < _left)
        {
            _left -= HasFailed ? 0 : changes;
            return await inner.RunAsync(program, arguments, input, cancellation);
        }

        HasFailed = true;
        int done = _left - (FailsAfter ? 0 : 1);
        if (lines.Length > 1 && done > 0)
        {
            _ = await inner.RunAsync(program, arguments, string.Join('\n', lines[..done]) + "\n", cancellation);
        }
        else if (done > 0)
        {
            _ = await inner.RunAsync(program, arguments, input, cancellation);
        }

        return new CommandResult(2, "", "failure, as told");
    }

    private static bool IsQuestion(string program, IReadOnlyList<string> arguments) =>
        program is "cat" or "ls" || (arguments.Count > 0 && arguments[0] == "-j");
}
