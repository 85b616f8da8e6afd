namespace Nestvisor.Storage.Vhd;

/// <summary>Cylinders, heads and sectors for a size ("CHS Calculation"), for systems that still ask.</summary>
internal static class VhdGeometry
{
    private const long MaxSectors = 65535L * 16 * 255;

    /// <summary>The geometry: cylinders in bits 31:16, heads in 15:8, sectors a track in 7:0.</summary>
    /// <param name="size">Bytes of the disk.</param>
    public static uint For(long size)
    {
        long total = Math.Min(size / 512, MaxSectors);
        long sectors, heads, tracks;
        if (total >= 65535L * 16 * 63)
        {
            sectors = 255;
            heads = 16;
            tracks = total / sectors;
        }
        else
        {
            sectors = 17;
            tracks = total / sectors;
            heads = Math.Max(4, (tracks + 1023) / 1024);
            if (tracks >= heads * 1024 || heads > 16)
            {
                sectors = 31;
                heads = 16;
                tracks = total / sectors;
            }

            if (tracks >= heads * 1024)
            {
                sectors = 63;
                heads = 16;
                tracks = total / sectors;
            }
        }

        return (uint)((tracks / heads << 16) | (heads << 8) | sectors);
    }
}
