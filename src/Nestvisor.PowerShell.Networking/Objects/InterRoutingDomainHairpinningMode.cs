namespace Nestvisor.NetworkCommands;

/// <summary>How traffic between routing domains goes.</summary>
public enum InterRoutingDomainHairpinningMode
{
    /// <summary>Inside the host.</summary>
    Local = 0,

    /// <summary>Through the outside.</summary>
    External = 1,
}
