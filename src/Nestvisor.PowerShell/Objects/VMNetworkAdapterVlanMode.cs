namespace Microsoft.HyperV.PowerShell;

/// <summary>How a port treats VLAN tags.</summary>
public enum VMNetworkAdapterVlanMode
{
    /// <summary>Frames have no tag.</summary>
    Untagged = 0,

    /// <summary>Frames are in one VLAN, and have its tag on the switch only.</summary>
    Access = 1,

    /// <summary>Frames of several VLANs pass with their tags.</summary>
    Trunk = 2,

    /// <summary>Private VLANs, which are not supported.</summary>
    Private = 3,
}
