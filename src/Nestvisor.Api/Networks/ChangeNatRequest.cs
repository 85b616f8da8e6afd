namespace Nestvisor.Api.Networks;

/// <summary>A change of a NAT. What is null stays as it is.</summary>
public sealed record ChangeNatRequest
{
    /// <summary>New time-outs; those among them that are null stay as they are.</summary>
    public NatTimeouts? Timeouts { get; init; }
}
