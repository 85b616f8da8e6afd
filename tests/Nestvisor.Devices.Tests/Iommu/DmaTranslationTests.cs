using Nestvisor.Devices.Tests.Fakes;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>Root, context and second-level tables, and the faults of each (VT-d 3.3 §3.4, §7.1.2, §9).</summary>
public sealed class DmaTranslationTests : IDisposable
{
    private const ushort Requester = 0x10;
    private const ulong Page = 0x8_0000;

    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;

    public DmaTranslationTests() => _vtd = new VtdDriver(_pc);

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Read_ThreeLevels_ReachesThePage()
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(Page | 3);
        _vtd.Put(Page + 8, 0x1122_3344_5566_7788);
        Assert.Equal(0x1122_3344_5566_7788u, Read(8));
        Assert.True(_pc.Remapping.TryWrite(Requester, 0x10, [9]));
        Assert.True(_pc.Memory.TryGetSpan(Page + 0x10, 1, out Span<byte> window));
        Assert.Equal(9, window[0]);
    }

    [Fact]
    public void Read_FourLevels_ReachesThePage()
    {
        _vtd.EnableTranslation(Requester, high: 0x502);
        _vtd.Put(VtdDriver.Tables + (511 * 8), (VtdDriver.Tables + 0x1000) | 3);
        _vtd.Put(VtdDriver.Tables + 0x1000, (VtdDriver.Tables + 0x2000) | 3);
        _vtd.Put(VtdDriver.Tables + 0x2000, (VtdDriver.Tables + 0x3000) | 3);
        _vtd.Put(VtdDriver.Tables + 0x3000, Page | 3);
        _vtd.Put(Page, 77);
        Assert.Equal(77u, Read(511UL << 39));
    }

    [Theory]
    [InlineData(0x20_0000UL, 2)]
    [InlineData(0x4000_0000UL, 1)]
    public void Read_LargePage_ReachesThePage(ulong size, int depth)
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(0);
        _vtd.Put(VtdDriver.Tables + ((ulong)(depth - 1) * 0x1000), 0x83);
        _vtd.Put(Page, 78);
        Assert.Equal(78u, Read(Page));
        Assert.False(_pc.Remapping.TryRead(Requester, size, new byte[1]));
        AssertFault(0x06, size, read: true);
    }

    [Fact]
    public void Read_PassThrough_IsTheAddress()
    {
        _vtd.EnableTranslation(Requester, low: (2 << 2) | 1, high: 0x502);
        _vtd.Put(Page, 79);
        Assert.Equal(79u, Read(Page));
    }

    [Fact]
    public void Write_AcrossPages_TranslatesEach()
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(Page | 3);
        _vtd.Put(VtdDriver.Tables + 0x2008, 0x9_0000 | 3);
        Assert.True(_pc.Remapping.TryWrite(Requester, 0xFFF, [1, 2]));
        Assert.True(_pc.Memory.TryGetSpan(Page + 0xFFF, 1, out Span<byte> first));
        Assert.True(_pc.Memory.TryGetSpan(0x9_0000, 1, out Span<byte> second));
        Assert.Equal((1, 2), (first[0], second[0]));
    }

    [Fact]
    public void Translation_ChangedEntry_HoldsAtOnce()
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(Page | 3);
        _vtd.Put(Page, 1);
        _vtd.Put(0x9_0000, 2);
        Assert.Equal(1u, Read(0));
        _vtd.MapFirstPage(0x9_0000 | 3);
        Assert.Equal(2u, Read(0));
    }

    [Fact]
    public void Translation_OfAnotherFunction_IsNotUsed()
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(Page | 3);
        Assert.False(_pc.Remapping.TryRead(0x18, 0, new byte[1]));
        Assert.Equal(((byte)0x02, (ushort)0x18, 0UL, true, true), _vtd.ReadRecord(0));
        Assert.False(_pc.Remapping.TryRead(0x0118, 0, new byte[1]));
        Assert.Equal(0x01, _vtd.ReadRecord(1).Reason);
    }

    [Theory]
    [InlineData(0UL, 0x06, true)]
    [InlineData(Page | 1, 0x05, false)]
    [InlineData(Page | 2, 0x06, true)]
    [InlineData(Page | 3 | (1UL << 11), 0x0C, true)]
    [InlineData(Page | 3 | (1UL << 62), 0x0C, false)]
    [InlineData(0xFEE0_0003UL, 0x0E, false)]
    public void Access_Entry_Faults(ulong entry, byte reason, bool read)
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(entry);
        Assert.False(read
            ? _pc.Remapping.TryRead(Requester, 0x123, new byte[1])
            : _pc.Remapping.TryWrite(Requester, 0x123, new byte[1]));
        AssertFault(reason, 0, read);
    }

    [Fact]
    public void Access_MisalignedLargePage_Faults()
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(0);
        _vtd.Put(VtdDriver.Tables + 0x1000, Page | 0x83);
        Assert.False(_pc.Remapping.TryRead(Requester, 0, new byte[1]));
        AssertFault(0x0C, 0, read: true);
    }

    [Theory]
    [InlineData(VtdDriver.Tables, 0x501UL, 0x02)]
    [InlineData(VtdDriver.Tables | 1, 0x500UL, 0x03)]
    [InlineData(VtdDriver.Tables | 1, 0x503UL, 0x03)]
    [InlineData(VtdDriver.Tables | 5, 0x502UL, 0x03)]
    [InlineData(VtdDriver.Tables | 9, 0x501UL, 0x03)]
    [InlineData(VtdDriver.Tables | 0x11, 0x501UL, 0x0B)]
    [InlineData(VtdDriver.Tables | 1, 0x581UL, 0x0B)]
    [InlineData(VtdDriver.Tables | 1, 0x100_0501UL, 0x0B)]
    [InlineData(0x7F00_0000_0001UL, 0x501UL, 0x07)]
    public void Access_Context_Faults(ulong low, ulong high, byte reason)
    {
        _vtd.EnableTranslation(Requester, low, high);
        Assert.False(_pc.Remapping.TryRead(Requester, 0x5123, new byte[1]));
        AssertFault(reason, 0x5000, read: true);
    }

    [Theory]
    [InlineData(VtdDriver.Contexts | 0x801, 0UL, 0x0A)]
    [InlineData(VtdDriver.Contexts | 1, 1UL, 0x0A)]
    [InlineData(0x7F00_0000_0001UL, 0UL, 0x09)]
    public void Access_Root_Faults(ulong low, ulong high, byte reason)
    {
        _vtd.EnableTranslation(Requester);
        _vtd.Put(VtdDriver.Root, low, high);
        Assert.False(_pc.Remapping.TryWrite(Requester, 0x5123, new byte[1]));
        AssertFault(reason, 0x5000, read: false);
    }

    [Fact]
    public void Access_RootOutsideMemory_Faults()
    {
        _vtd.Write64(0x20, 0x7F00_0000_0000);
        _vtd.Command(1u << 30);
        _vtd.Command(1u << 31);
        Assert.False(_pc.Remapping.TryRead(Requester, 0, new byte[1]));
        AssertFault(0x08, 0, read: true);
    }

    [Fact]
    public void Access_BeyondTheTables_Faults()
    {
        _vtd.EnableTranslation(Requester);
        Assert.False(_pc.Remapping.TryRead(Requester, 1UL << 39, new byte[1]));
        AssertFault(0x04, 1UL << 39, read: true);
    }

    [Theory]
    [InlineData(3UL)]
    [InlineData(2UL)]
    public void Access_FaultDisable_RecordsNothing(ulong bits)
    {
        _vtd.EnableTranslation(Requester, VtdDriver.Tables | bits);
        Assert.False(_pc.Remapping.TryRead(Requester, 0, new byte[1]));
        Assert.Equal(0u, _vtd.Read32(0x34));
    }

    [Fact]
    public void RootTable_WithoutTheCommand_StaysTheOldOne()
    {
        _vtd.EnableTranslation(Requester);
        _vtd.MapFirstPage(Page | 3);
        _vtd.Write64(0x20, 0x7F00_0000_0000);
        Assert.True(_pc.Remapping.TryRead(Requester, 0, new byte[1]));
    }

    private ulong Read(ulong address)
    {
        byte[] data = new byte[8];
        Assert.True(_pc.Remapping.TryRead(Requester, address, data));
        return BitConverter.ToUInt64(data);
    }

    private void AssertFault(byte reason, ulong page, bool read)
    {
        Assert.Equal(2u, _vtd.Read32(0x34));
        Assert.Equal((reason, Requester, page, read, true), _vtd.ReadRecord(0));
    }
}
