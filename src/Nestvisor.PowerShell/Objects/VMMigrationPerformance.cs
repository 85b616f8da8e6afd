namespace Microsoft.HyperV.PowerShell;

/// <summary>How the memory of virtual machines that move is sent.</summary>
public enum VMMigrationPerformance
{
    /// <summary>As it is.</summary>
    TCPIP,

    /// <summary>Compressed.</summary>
    Compression,

    /// <summary>By SMB.</summary>
    SMB,
}
