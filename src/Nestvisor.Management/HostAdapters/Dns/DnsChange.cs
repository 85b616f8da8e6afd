namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>A change of DNS servers: texts that only the place where they are understands.</summary>
internal sealed record DnsChange
{
    /// <summary>Before the first change.</summary>
    public required IReadOnlyList<string> Before { get; init; }

    /// <summary>After the last one.</summary>
    public required IReadOnlyList<string> After { get; init; }
}
