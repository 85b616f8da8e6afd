namespace Nestvisor.Engine.Software.Comparison;

/// <summary>Native code has done something else than the interpreter: an error of the engine, which ends the machine.</summary>
public sealed class TierDifferenceException : Exception
{
    internal TierDifferenceException(string message)
        : base(message)
    {
    }
}
