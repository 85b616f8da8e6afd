using System.Buffers.Binary;
using System.Text;
using Nestvisor.Machine.Acpi;

namespace Nestvisor.Machine.Tests.Acpi;

public sealed class AcpiTablesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_AllTables_AreLinkedAndSumToZero(bool ecam)
    {
        byte[] tables = AcpiTables.Create(2, ecam);
        Assert.Equal(0, Sum(tables.AsSpan(0, 20)));
        Assert.Equal(0, Sum(tables.AsSpan(0, 36)));
        ReadOnlySpan<byte> xsdt = Table(tables, BinaryPrimitives.ReadUInt64LittleEndian(tables.AsSpan(24)), "XSDT");
        ReadOnlySpan<byte> rsdt = Table(tables, BinaryPrimitives.ReadUInt32LittleEndian(tables.AsSpan(16)), "RSDT");
        List<string> found = [];
        for (int i = 0; i < (xsdt.Length - 36) / 8; i++)
        {
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(xsdt[(36 + (i * 8))..]);
            Assert.Equal(address, BinaryPrimitives.ReadUInt32LittleEndian(rsdt[(36 + (i * 4))..]));
            found.Add(Encoding.ASCII.GetString(tables, (int)(address - AcpiTables.RootPointer), 4));
            Table(tables, address, found[^1]);
        }

        Assert.Equal(ecam ? ["FACP", "APIC", "MCFG"] : ["FACP", "APIC"], found);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_Dsdt_NamesTheSerialPortsThatThereAre(bool second)
    {
        byte[] tables = AcpiTables.Create(1, ecam: false, second);
        ReadOnlySpan<byte> dsdt = Table(tables, Read32(Find(tables, "FACP"), 40), "DSDT");

        // I/O port descriptors: 16 bits decoded, least and most, alignment, length; then the line (ACPI 6.5 6.4.2.5, 6.4.2.1).
        Assert.True(dsdt.IndexOf("COM1"u8) >= 0);
        Assert.True(dsdt.IndexOf((ReadOnlySpan<byte>)[0x47, 1, 0xF8, 0x03, 0xF8, 0x03, 1, 8, 0x22, 0x10, 0]) >= 0);
        Assert.Equal(second, dsdt.IndexOf("COM2"u8) >= 0);
        Assert.Equal(second, dsdt.IndexOf((ReadOnlySpan<byte>)[0x47, 1, 0xF8, 0x02, 0xF8, 0x02, 1, 8, 0x22, 0x08, 0]) >= 0);
    }

    [Fact]
    public void Create_Fadt_NamesTheFixedHardware()
    {
        byte[] tables = AcpiTables.Create(1, ecam: false);
        ReadOnlySpan<byte> fadt = Find(tables, "FACP");
        Assert.Equal(276, fadt.Length);
        Assert.Equal(0u, Read32(fadt, 48));
        Assert.Equal(0x600u, Read32(fadt, 56));
        Assert.Equal(0x604u, Read32(fadt, 64));
        Assert.Equal(0x608u, Read32(fadt, 76));
        Assert.Equal(0xCF9u, Read32(fadt, 120));
        Assert.Equal(0x06, fadt[128]);
        Assert.Equal(Read32(fadt, 40), Read32(fadt, 140));
        Table(tables, Read32(fadt, 40), "DSDT");
        Assert.Equal(0u, Read32(fadt, 36) % 64);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    public void Create_Madt_ListsProcessorsAndTheTimerOverride(int processors)
    {
        ReadOnlySpan<byte> madt = Find(AcpiTables.Create(processors, ecam: false), "APIC");
        Assert.Equal(0xFEE0_0000u, Read32(madt, 36));
        for (int i = 0; i < processors; i++)
        {
            Assert.Equal([0, 8, (byte)i, (byte)i, 1, 0, 0, 0], madt.Slice(44 + (8 * i), 8).ToArray());
        }

        Assert.Equal([2, 10, 0, 0, 2, 0, 0, 0, 0, 0], madt.Slice(44 + (8 * processors) + 12, 10).ToArray());
    }

    [Theory]
    [InlineData(0ul, new byte[] { 0x00 })]
    [InlineData(1ul, new byte[] { 0x01 })]
    [InlineData(0xFFul, new byte[] { 0x0A, 0xFF })]
    [InlineData(0x1234ul, new byte[] { 0x0B, 0x34, 0x12 })]
    [InlineData(0x12345678ul, new byte[] { 0x0C, 0x78, 0x56, 0x34, 0x12 })]
    public void Integer_AnyValue_TakesTheShortestForm(ulong value, byte[] expected) => Assert.Equal(expected, Aml.Integer(value));

    [Fact]
    public void EisaId_PciRoot_IsItsCompressedForm() => Assert.Equal([0x0C, 0x41, 0xD0, 0x0A, 0x03], Aml.EisaId("PNP0A03"));

    [Theory]
    [InlineData(61, new byte[] { 0x3E })]
    [InlineData(62, new byte[] { 0x3F })]
    [InlineData(63, new byte[] { 0x41, 0x04 })]
    [InlineData(5000, new byte[] { 0x8B, 0x38, 0x01 })]
    public void Scope_AnyLength_EncodesThePackageLength(int content, byte[] expected) =>
        Assert.Equal(expected, Aml.Scope("A", new byte[content - 4])[1..(expected.Length + 1)]);

    private static ReadOnlySpan<byte> Find(byte[] tables, string signature)
    {
        int at = tables.AsSpan().IndexOf(Encoding.ASCII.GetBytes(signature));
        return Table(tables, AcpiTables.RootPointer + (ulong)at, signature);
    }

    private static ReadOnlySpan<byte> Table(byte[] tables, ulong address, string signature)
    {
        ReadOnlySpan<byte> table = tables.AsSpan((int)(address - AcpiTables.RootPointer));
        Assert.Equal(signature, Encoding.ASCII.GetString(table[..4]));
        table = table[..(int)Read32(table, 4)];
        Assert.Equal(0, Sum(table));
        return table;
    }

    private static uint Read32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        return sum;
    }
}
