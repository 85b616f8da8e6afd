namespace Microsoft.HyperV.PowerShell;

/// <summary>Whether a port's frames are copied to others.</summary>
public enum VMNetworkAdapterPortMirroringMode
{
    /// <summary>They are not.</summary>
    None = 0,

    /// <summary>It gets those of others.</summary>
    Destination = 1,

    /// <summary>Others get its own.</summary>
    Source = 2,
}
