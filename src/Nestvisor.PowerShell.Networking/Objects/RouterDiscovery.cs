namespace Nestvisor.NetworkCommands;

/// <summary>Whether routers are listened to.</summary>
public enum RouterDiscovery
{
    /// <summary>They are not.</summary>
    Disabled = 0,

    /// <summary>They are.</summary>
    Enabled = 1,

    /// <summary>DHCP says.</summary>
    ControlledByDHCP = 2,
}
