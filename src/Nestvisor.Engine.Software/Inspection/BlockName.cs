using System.Globalization;
using Nestvisor.Engine.Software.Blocks;

namespace Nestvisor.Engine.Software.Inspection;

/// <summary>What people know a block by: <c>L1 cpl0 12345678</c>, its level, privilege and guest-physical address.</summary>
internal static class BlockName
{
    /// <summary>Names a block; the address is L1's physical one, in hexadecimal.</summary>
    public static string Of(ulong physical, BlockMode mode)
    {
        // It is 64-bit code, unless it says otherwise.
        string level = mode.Has(BlockMode.GuestMode) ? "L2" : "L1";
        string size = mode.Bitness == 64 ? "" : string.Create(CultureInfo.InvariantCulture, $" {mode.Bitness}-bit");
        return string.Create(CultureInfo.InvariantCulture, $"{level} cpl{mode.Cpl}{size} {physical:x}");
    }
}
