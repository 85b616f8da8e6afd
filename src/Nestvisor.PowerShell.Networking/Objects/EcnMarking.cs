namespace Nestvisor.NetworkCommands;

/// <summary>How outgoing packets are marked for explicit congestion notification.</summary>
public enum EcnMarking
{
    /// <summary>They are not.</summary>
    Disabled = 0,

    /// <summary>As ECT(1).</summary>
    UseEct1 = 1,

    /// <summary>As ECT(0).</summary>
    UseEct0 = 2,

    /// <summary>As the program says.</summary>
    AppDecide = 3,
}
