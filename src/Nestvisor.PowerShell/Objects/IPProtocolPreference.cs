namespace Microsoft.HyperV.PowerShell;

/// <summary>The protocol of a boot from the network.</summary>
public enum IPProtocolPreference
{
    /// <summary>IPv4.</summary>
    IPv4 = 0,

    /// <summary>IPv6.</summary>
    IPv6 = 1,
}
