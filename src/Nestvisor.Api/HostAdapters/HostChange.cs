namespace Nestvisor.Api.HostAdapters;

/// <summary>A change of the host has been made.</summary>
public sealed record HostChange
{
    /// <summary>What the caller should know, such as that another program may undo it; empty if nothing.</summary>
    public IReadOnlyList<string> Warnings { get; set; } = [];
}
