namespace Nestvisor.NetworkCommands;

/// <summary>Whether a route can be used.</summary>
public enum RouteState
{
    /// <summary>It can.</summary>
    Alive = 0,

    /// <summary>Its interface is off or has no link.</summary>
    Unreachable = 1,
}
