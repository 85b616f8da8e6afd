namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>What a handler returns. Everything but <see cref="Next"/> leaves the block.</summary>
internal static class Status
{
    /// <summary>Go on with the next operation of the block.</summary>
    public const int Next = 0;

    /// <summary>The handler has set <c>Rip</c>; go on with the block there.</summary>
    public const int Branch = 1;

    /// <summary>
    /// The instruction raises <c>VpState.Exception</c> and has changed nothing (or, for a repeated string instruction, exactly
    /// what the manual says).
    /// </summary>
    public const int Exception = 2;

    /// <summary>Run the same instruction again after looking at events: a repeated string instruction that was cut short.</summary>
    public const int Again = 3;

    /// <summary>The instruction is done and <c>Rip</c> is that of the next one; look at events and modes before going on.</summary>
    public const int Leave = 4;

    /// <summary>
    /// The instruction is intercepted or the world was switched; registers, <c>Rip</c> included, are final. Look at events.
    /// </summary>
    public const int Switched = 5;

    /// <summary>The operation was not run because its code has changed; <c>Rip</c> is its own.</summary>
    public const int Restart = 6;
}
