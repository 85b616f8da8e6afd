namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Sizes as the service takes them.</summary>
internal static class VhdSize
{
    /// <summary>A size; one that is larger than any disk stays so.</summary>
    public static long ToLong(ulong bytes) => bytes > long.MaxValue ? long.MaxValue : (long)bytes;
}
