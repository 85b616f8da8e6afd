namespace Nestvisor.Storage.Vhdx;

/// <summary>An entry of the block allocation table (MS-VHDX §2.5.1).</summary>
/// <param name="Value">As it is in the file.</param>
internal readonly record struct VhdxBlockEntry(ulong Value)
{
    private const int OffsetShift = 20;

    /// <summary>What is known of the block.</summary>
    public VhdxBlockState State => (VhdxBlockState)(Value & 7);

    /// <summary>Where in the file it is, if it is present.</summary>
    public ulong Offset => Value >> OffsetShift << OffsetShift;

    /// <summary>Whether it has storage. All others read as zeros.</summary>
    public bool IsPresent => State == VhdxBlockState.FullyPresent;

    /// <summary>A block that is in the file.</summary>
    public static VhdxBlockEntry At(long offset) => new((ulong)offset | (ulong)VhdxBlockState.FullyPresent);

    /// <summary>A block that is not.</summary>
    public static VhdxBlockEntry Without(VhdxBlockState state) => new((ulong)state);
}
