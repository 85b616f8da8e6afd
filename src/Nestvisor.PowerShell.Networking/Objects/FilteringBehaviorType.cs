namespace Nestvisor.NetworkCommands;

/// <summary>From whom packets come in to a port that was opened from inside (RFC 4787 §5).</summary>
public enum FilteringBehaviorType
{
    /// <summary>From everybody.</summary>
    EndpointIndependentFiltering = 0,

    /// <summary>From addresses that were written to.</summary>
    AddressDependentFiltering = 1,
}
