namespace Microsoft.HyperV.PowerShell;

/// <summary>What happens to a virtual machine that loses its storage.</summary>
public enum CriticalErrorAction
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It is paused.</summary>
    Pause = 1,
}
