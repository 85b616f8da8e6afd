namespace Microsoft.HyperV.PowerShell;

/// <summary>A configuration version that virtual machines can have.</summary>
public sealed class VMHostSupportedVersion : VirtualizationObject
{
    internal VMHostSupportedVersion(string name, Version version, bool isDefault)
    {
        Name = name;
        Version = version;
        IsDefault = isDefault;
    }

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>Version.</summary>
    public Version Version { get; }

    /// <summary>Whether new virtual machines have it.</summary>
    public bool IsDefault { get; }
}
