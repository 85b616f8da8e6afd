namespace Nestvisor.Api.Networks;

/// <summary>What a new virtual switch is.</summary>
public sealed record CreateSwitchRequest
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Identifier; null for a new one.</summary>
    public Guid? Id { get; init; }

    /// <summary>Whom it connects.</summary>
    public required SwitchType Type { get; init; }

    /// <summary>The interface of this host for an external switch, by the kernel's name or an alias; null for others.</summary>
    public string? Uplink { get; init; }

    /// <summary>Of an external switch, whether this host has a port on it; null for yes. Others have one if they are internal.</summary>
    public bool? AllowManagementOS { get; init; }

    /// <summary>The user's notes.</summary>
    public string Notes { get; set; } = "";
}
