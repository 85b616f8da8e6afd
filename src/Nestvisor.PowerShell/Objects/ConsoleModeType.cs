namespace Microsoft.HyperV.PowerShell;

/// <summary>Where a firmware shows its console.</summary>
public enum ConsoleModeType
{
    /// <summary>On the screen.</summary>
    Default = 0,

    /// <summary>At the first serial port.</summary>
    COM1 = 1,

    /// <summary>At the second serial port.</summary>
    COM2 = 2,

    /// <summary>Nowhere.</summary>
    None = 3,
}
