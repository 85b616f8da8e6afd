namespace Nestvisor.NetworkCommands;

/// <summary>A setting that is on or off.</summary>
public enum NetworkSwitch
{
    /// <summary>Off.</summary>
    Disabled = 0,

    /// <summary>On.</summary>
    Enabled = 1,
}
