namespace Microsoft.HyperV.PowerShell;

/// <summary>On or off; note that On is 0.</summary>
public enum OnOffState
{
    /// <summary>It is on.</summary>
    On = 0,

    /// <summary>It is off.</summary>
    Off = 1,
}
