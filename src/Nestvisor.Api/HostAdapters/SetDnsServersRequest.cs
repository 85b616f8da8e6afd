namespace Nestvisor.Api.HostAdapters;

/// <summary>New DNS servers for a network interface.</summary>
public sealed record SetDnsServersRequest
{
    /// <summary>The addresses in their order; null for those that there were before the first change.</summary>
    public IReadOnlyList<string>? Servers { get; init; }
}
