namespace Nestvisor.Networking.Host;

/// <summary>The host's network cannot be changed or asked. The message names the thing, the reason and what to do.</summary>
public sealed class HostNetworkException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problem">The kind of the reason.</param>
    /// <param name="message">The message.</param>
    /// <param name="inner">What caused it.</param>
    public HostNetworkException(HostNetworkProblem problem, string message, Exception? inner = null)
        : base(message, inner) => Problem = problem;

    /// <summary>The kind of the reason.</summary>
    public HostNetworkProblem Problem { get; }
}
