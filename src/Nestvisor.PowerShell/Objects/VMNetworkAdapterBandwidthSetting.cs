namespace Microsoft.HyperV.PowerShell;

/// <summary>The limits of an adapter's bandwidth.</summary>
public sealed class VMNetworkAdapterBandwidthSetting
{
    internal VMNetworkAdapterBandwidthSetting(long maximum) => MaximumBandwidth = maximum;

    /// <summary>Bits a second that may leave on average; 0 for no limit.</summary>
    public long MaximumBandwidth { get; }

    /// <summary>Always 0: no bandwidth is promised.</summary>
    public long MinimumBandwidthAbsolute => 0;

    /// <summary>Always 0: no bandwidth is promised.</summary>
    public uint MinimumBandwidthWeight => 0;
}
