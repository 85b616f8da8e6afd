using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>What the kernel lets user code do with the processor (getauxval(3)).</summary>
public static partial class HostProcessor
{
    private const nuint HardwareCapabilities2 = 26;
    private const nuint UserGsBase = 2;

    /// <summary>Whether user code may execute WRGSBASE (HWCAP2_FSGSBASE; Linux 5.9 and later).</summary>
    public static bool HasUserGsBase => (getauxval(HardwareCapabilities2) & UserGsBase) != 0;

    [LibraryImport("libc")]
    private static partial nuint getauxval(nuint type);
}
