namespace Nestvisor.NetworkCommands;

/// <summary>Whether an interface has a link.</summary>
public enum ConnectionState
{
    /// <summary>It has none.</summary>
    Disconnected = 0,

    /// <summary>It has one.</summary>
    Connected = 1,
}
