namespace Nestvisor.Api.Networks;

/// <summary>A change of a virtual switch: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeSwitchRequest
{
    /// <summary>New name.</summary>
    public string? Name { get; init; }

    /// <summary>New notes.</summary>
    public string? Notes { get; init; }

    /// <summary>New type.</summary>
    public SwitchType? Type { get; init; }

    /// <summary>New interface; the switch becomes external.</summary>
    public string? Uplink { get; init; }

    /// <summary>Whether this host has a port on it.</summary>
    public bool? AllowManagementOS { get; init; }
}
