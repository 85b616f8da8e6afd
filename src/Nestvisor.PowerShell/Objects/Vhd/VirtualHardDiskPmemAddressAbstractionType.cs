namespace Microsoft.Virtualization.Client.Management;

/// <summary>How persistent memory is addressed.</summary>
public enum VirtualHardDiskPmemAddressAbstractionType
{
    /// <summary>Without a translation.</summary>
    None = 0,

    /// <summary>Through a block translation table; not supported.</summary>
    BTT = 1,

    /// <summary>Not known.</summary>
    Unknown = 65535,
}
