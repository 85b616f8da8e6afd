namespace Microsoft.HyperV.PowerShell;

/// <summary>Whom a virtual switch connects.</summary>
public enum VMSwitchType
{
    /// <summary>Virtual machines with each other.</summary>
    Private = 0,

    /// <summary>Virtual machines with each other and with this host.</summary>
    Internal = 1,

    /// <summary>Virtual machines with each other and with the network behind an interface of this host.</summary>
    External = 2,
}
