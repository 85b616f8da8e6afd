namespace Nestvisor.Api.Machines;

/// <summary>What the service says about itself and its host.</summary>
public sealed record HostInfo
{
    /// <summary>Version of the service.</summary>
    public required string Version { get; init; }

    /// <summary>The service's process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Configuration versions that virtual machines can have, oldest first.</summary>
    public required IReadOnlyList<string> SupportedVersions { get; init; }

    /// <summary>Configuration version of a new virtual machine.</summary>
    public required string DefaultVersion { get; init; }

    /// <summary>Most virtual processors that a virtual machine can have.</summary>
    public required int MaximumProcessorCount { get; init; }
}
