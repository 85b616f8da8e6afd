using System.Buffers.Binary;
using Nestvisor.Devices.Tests.Fakes;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>Programs the remapping unit of a <see cref="TestPc"/> as a guest does. Offsets and bits are written out, by the specification.</summary>
internal sealed class VtdDriver(TestPc pc)
{
    public const ulong Registers = 0xFED9_0000;
    public const ulong Root = 0x1_0000;
    public const ulong Contexts = 0x1_1000;
    public const ulong Tables = 0x1_2000;
    public const ulong Interrupts = 0x2_0000;
    public const ulong Queue = 0x3_0000;

    public uint Read32(int offset) => (uint)pc.ReadMmio(Registers + (ulong)offset, 4);

    public ulong Read64(int offset) => pc.ReadMmio(Registers + (ulong)offset, 8);

    public void Write32(int offset, uint value) => pc.WriteMmio(Registers + (ulong)offset, 4, value);

    public void Write64(int offset, ulong value) => pc.WriteMmio(Registers + (ulong)offset, 8, value);

    /// <summary>Writes 64-bit words to memory.</summary>
    public void Put(ulong address, params ReadOnlySpan<ulong> words)
    {
        Span<byte> bytes = stackalloc byte[8];
        foreach (ulong word in words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, word);
            Assert.True(pc.Memory.TryWrite(address, bytes));
            address += 8;
        }
    }

    /// <summary>Sets one-shot or lasting bits of the global command besides those that are set.</summary>
    public void Command(uint bits) => Write32(0x18, (Read32(0x1C) & 0x9680_0000) | bits);

    /// <summary>Switches translation on, with a root entry for bus 0 and a context entry of a function.</summary>
    /// <param name="requester">The function.</param>
    /// <param name="low">Low half of the context entry; by default present, with page tables at <see cref="Tables"/>.</param>
    /// <param name="high">High half; by default domain 5 with 3 levels.</param>
    public void EnableTranslation(ushort requester, ulong low = Tables | 1, ulong high = 0x501)
    {
        Put(Root, Contexts | 1, 0);
        Put(Contexts + (requester * 16UL), low, high);
        Write64(0x20, Root);
        Command(1u << 30);
        Command(1u << 31);
    }

    /// <summary>Maps the first 4 KiB page by three levels.</summary>
    public void MapFirstPage(ulong entry)
    {
        Put(Tables, (Tables + 0x1000) | 3);
        Put(Tables + 0x1000, (Tables + 0x2000) | 3);
        Put(Tables + 0x2000, entry);
    }

    /// <summary>Switches interrupt remapping on, with a table of 256 entries.</summary>
    public void EnableInterrupts()
    {
        Write64(0xB8, Interrupts | 7);
        Command(1u << 24);
        Command(1u << 25);
    }

    public void PutInterrupt(int index, ulong low, ulong high = 0) => Put(Interrupts + ((ulong)index * 16), low, high);

    /// <summary>Switches the invalidation queue on, one page of 256 descriptors.</summary>
    public void EnableQueue()
    {
        Write64(0x88, 0);
        Write64(0x90, Queue);
        Command(1u << 26);
    }

    /// <summary>Appends descriptors of two words each and moves the tail.</summary>
    public void Submit(params ReadOnlySpan<ulong> words)
    {
        ulong tail = Read64(0x88);
        for (int i = 0; i < words.Length; i += 2)
        {
            Put(Queue + tail, words[i], words[i + 1]);
            tail = (tail + 16) & 0xFFF;
        }

        Write64(0x88, tail);
    }

    /// <summary>A fault recording register.</summary>
    public (byte Reason, ushort Requester, ulong Information, bool Read, bool Fault) ReadRecord(int index)
    {
        ulong low = Read64(0x200 + (index * 16));
        ulong high = Read64(0x208 + (index * 16));
        return ((byte)(high >> 32), (ushort)high, low, (high & (1UL << 62)) != 0, (high & (1UL << 63)) != 0);
    }

    /// <summary>Clears a fault recording register.</summary>
    public void ClearRecord(int index) => Write32(0x20C + (index * 16), 1u << 31);
}
