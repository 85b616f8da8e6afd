namespace Microsoft.HyperV.PowerShell;

/// <summary>What carries an enhanced session.</summary>
public enum EnhancedSessionTransportType
{
    /// <summary>The VMBus.</summary>
    VMBus = 0,

    /// <summary>A Hyper-V socket.</summary>
    HvSocket = 1,
}
