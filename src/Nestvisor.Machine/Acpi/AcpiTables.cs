using System.Buffers.Binary;
using Nestvisor.Devices;
using Nestvisor.Devices.Chipset;

namespace Nestvisor.Machine.Acpi;

/// <summary>All ACPI tables of the machine (ACPI 6.5 §5.2), laid out for a place in the BIOS area.</summary>
internal static class AcpiTables
{
    /// <summary>Guest-physical address of the root pointer, where a guest without a boot loader's hint looks for it.</summary>
    public const ulong RootPointer = 0xE_0000;

    private const int RootPointerSize = 36;
    private const byte SystemIo = 1;
    private const int FacsSize = 64;

    /// <summary>Builds the tables.</summary>
    /// <param name="processors">Number of processors.</param>
    /// <param name="ecam">Whether the PCI host bridge offers memory-mapped configuration space.</param>
    /// <param name="secondSerial">Whether there is COM2.</param>
    /// <returns>The bytes that belong at <see cref="RootPointer"/>.</returns>
    public static byte[] Create(int processors, bool ecam, bool secondSerial = false)
    {
        Layout layout = new();
        uint facs = layout.Add(CreateFacs());
        uint dsdt = layout.Add(Dsdt.Create(ecam, secondSerial));
        uint fadt = layout.Add(CreateFadt(facs, dsdt));
        uint madt = layout.Add(CreateMadt(processors));
        uint[] tables = ecam ? [fadt, madt, layout.Add(CreateMcfg())] : [fadt, madt];

        byte[] wide = new byte[tables.Length * 8];
        byte[] narrow = new byte[tables.Length * 4];
        for (int i = 0; i < tables.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(i * 8), tables[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(narrow.AsSpan(i * 4), tables[i]);
        }

        uint xsdt = layout.Add(AcpiTable.Create("XSDT", 1, wide));
        uint rsdt = layout.Add(AcpiTable.Create("RSDT", 1, narrow));
        return layout.Finish(CreateRootPointer(rsdt, xsdt));
    }

    private static byte[] CreateRootPointer(uint rsdt, uint xsdt)
    {
        byte[] pointer = new byte[RootPointerSize];
        "RSD PTR "u8.CopyTo(pointer);
        "NESTVI"u8.CopyTo(pointer.AsSpan(9));
        pointer[15] = 2;
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(16), rsdt);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(20), RootPointerSize);
        BinaryPrimitives.WriteUInt64LittleEndian(pointer.AsSpan(24), xsdt);
        pointer[8] = AcpiTable.Checksum(pointer.AsSpan(0, 20));
        pointer[32] = AcpiTable.Checksum(pointer);
        return pointer;
    }

    private static byte[] CreateFacs()
    {
        byte[] facs = new byte[FacsSize];
        "FACS"u8.CopyTo(facs);
        BinaryPrimitives.WriteUInt32LittleEndian(facs.AsSpan(4), FacsSize);
        facs[32] = 2;
        return facs;
    }

    // §5.2.9; offsets are those of the table, so the common header's 36 bytes are taken off.
    private static byte[] CreateFadt(uint facs, uint dsdt)
    {
        const uint Wbinvd = 1 << 0;
        const uint ProcC1 = 1 << 2;
        const uint SleepButtonIsControlMethod = 1 << 5;
        const uint FixedRtcWakes = 1 << 6;
        const uint TimerIs32Bits = 1 << 8;
        const uint ResetRegisterSupported = 1 << 10;
        const ushort NoVga = 1 << 2;
        const ushort LegacyDevices = 1 << 0;

        byte[] body = new byte[276 - 36];
        Put32(36, facs);
        Put32(40, dsdt);
        Put16(46, AcpiPowerManagement.Interrupt);
        Put32(56, AcpiPowerManagement.EventBlock);
        Put32(64, AcpiPowerManagement.ControlBlock);
        Put32(76, AcpiPowerManagement.TimerBlock);
        body[88 - 36] = 4;
        body[89 - 36] = 2;
        body[91 - 36] = 4;
        Put16(96, 0xFFFF);
        Put16(98, 0xFFFF);
        body[108 - 36] = 0x32;
        Put16(109, LegacyDevices | NoVga);
        Put32(112, Wbinvd | ProcC1 | SleepButtonIsControlMethod | FixedRtcWakes | TimerIs32Bits | ResetRegisterSupported);
        PutAddress(116, ResetControl.Port, 8, 1);
        body[128 - 36] = ResetControl.ResetValue;
        body[131 - 36] = 0;
        Put64(132, facs);
        Put64(140, dsdt);
        PutAddress(148, AcpiPowerManagement.EventBlock, 32, 2);
        PutAddress(172, AcpiPowerManagement.ControlBlock, 16, 2);
        PutAddress(208, AcpiPowerManagement.TimerBlock, 32, 3);
        "NESTVSR "u8.CopyTo(body.AsSpan(268 - 36));
        return AcpiTable.Create("FACP", 6, body);

        void Put16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(offset - 36), value);
        void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(offset - 36), value);
        void Put64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(offset - 36), value);

        void PutAddress(int offset, ushort port, byte bits, byte accessSize)
        {
            body[offset - 36] = SystemIo;
            body[offset - 35] = bits;
            body[offset - 33] = accessSize;
            Put64(offset + 4, port);
        }
    }

    // §5.2.12
    private static byte[] CreateMadt(int processors)
    {
        const uint PcatCompatible = 1;
        const ushort ActiveHighLevel = 0x000D;
        List<byte> body = [.. Bytes(PlatformAddresses.LocalApic), .. Bytes(PcatCompatible)];
        for (int i = 0; i < processors; i++)
        {
            body.AddRange([0, 8, (byte)i, (byte)i, .. Bytes(1)]);
        }

        body.AddRange([1, 12, IoApic.DefaultId, 0, .. Bytes(PlatformAddresses.IoApic), .. Bytes(0)]);
        body.AddRange(Override(0, 2, 0));
        body.AddRange(Override(AcpiPowerManagement.Interrupt, AcpiPowerManagement.Interrupt, ActiveHighLevel));

        // Local APIC NMI: LINT1 of all processors.
        body.AddRange([4, 6, 0xFF, 0, 0, 1]);
        return AcpiTable.Create("APIC", 5, [.. body]);

        static byte[] Override(byte irq, uint gsi, ushort flags) => [2, 10, 0, irq, .. Bytes(gsi), (byte)flags, (byte)(flags >> 8)];
    }

    // PCI firmware specification 3.3 §4.1.2
    private static byte[] CreateMcfg() =>
        AcpiTable.Create("MCFG", 1, [.. Bytes(0), .. Bytes(0), .. Bytes(PlatformAddresses.Ecam), .. Bytes(0), 0, 0, 0, 0, .. Bytes(0)]);

    private static byte[] Bytes(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>Gives the tables addresses behind the root pointer, 64-byte aligned as the FACS needs it.</summary>
    private sealed class Layout
    {
        private const int Alignment = 64;

        private readonly List<byte> _bytes = [.. new byte[Alignment]];

        public uint Add(byte[] table)
        {
            uint address = (uint)RootPointer + (uint)_bytes.Count;
            _bytes.AddRange(table);
            _bytes.AddRange(new byte[(Alignment - (_bytes.Count % Alignment)) % Alignment]);
            return address;
        }

        public byte[] Finish(byte[] rootPointer)
        {
            byte[] bytes = [.. _bytes];
            rootPointer.CopyTo(bytes, 0);
            return bytes;
        }
    }
}
