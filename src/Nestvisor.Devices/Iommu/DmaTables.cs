using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>
/// Root, context and second-level tables (VT-d 3.3 §3.4, §9.1, §9.3, §9.8). Each entry is read once; nothing is cached, which a unit
/// may do, and so nothing is ever stale.
/// </summary>
internal static class DmaTables
{
    private const ulong Present = 1;
    private const ulong FaultDisable = 2;
    private const ulong Read = 1;
    private const ulong Write = 2;
    private const ulong LargePage = 1 << 7;

    // Snoop control and device TLBs are not there, so their bits are reserved.
    private const ulong PagingReserved = (1UL << 62) | (1UL << 11);

    /// <summary>Translates an address of a function.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="root">Address of the root table.</param>
    /// <param name="requester">The function.</param>
    /// <param name="address">Its address.</param>
    /// <param name="write">Whether it writes.</param>
    /// <param name="translated">The guest-physical address.</param>
    /// <param name="quiet">Whether the fault is not to be recorded: those that the context entry answers for can be switched off.</param>
    /// <returns>Why not.</returns>
    public static VtdFaultReason Translate(
        GuestMemory memory, ulong root, ushort requester, ulong address, bool write, out ulong translated, out bool quiet)
    {
        translated = 0;
        quiet = false;
        if (!TryRead(memory, root + ((ulong)(requester >> 8) * 16), out ulong low, out ulong high))
        {
            return VtdFaultReason.RootEntryAccess;
        }

        if ((low & Present) == 0)
        {
            return VtdFaultReason.RootNotPresent;
        }

        if ((low & 0xFFE) != 0 || high != 0)
        {
            return VtdFaultReason.RootReserved;
        }

        if (!TryRead(memory, (low & ~0xFFFUL) + ((requester & 0xFFUL) * 16), out low, out high))
        {
            return VtdFaultReason.ContextEntryAccess;
        }

        quiet = (low & FaultDisable) != 0;
        if ((low & Present) == 0)
        {
            return VtdFaultReason.ContextNotPresent;
        }

        return (low & 0xFF0) != 0 || (high & ~0xFF_FF7FUL) != 0
            ? VtdFaultReason.ContextReserved
            : TranslateInContext(memory, low, high, address, write, out translated);
    }

    private static VtdFaultReason TranslateInContext(
        GuestMemory memory, ulong low, ulong high, ulong address, bool write, out ulong translated)
    {
        const ulong PassThrough = 2;
        translated = 0;
        ulong type = (low >> 2) & 3;
        int levels = (int)(high & 7) + 2;
        if (levels is not (3 or 4) || !(type == 0 || (type == PassThrough && levels == 4)))
        {
            return VtdFaultReason.ContextInvalid;
        }

        if (address >> (12 + (9 * levels)) != 0)
        {
            return VtdFaultReason.AddressTooWide;
        }

        translated = address;
        VtdFaultReason reason = type == PassThrough
            ? VtdFaultReason.None
            : Walk(memory, low & VtdRegister.TableAddress, levels, address, write, out translated);
        return reason == VtdFaultReason.None && InterruptTable.IsMessage(translated) ? VtdFaultReason.InterruptAddress : reason;
    }

    private static VtdFaultReason Walk(
        GuestMemory memory, ulong table, int levels, ulong address, bool write, out ulong translated)
    {
        translated = 0;
        Span<byte> bytes = stackalloc byte[8];
        for (int level = levels; ; level--)
        {
            int shift = 12 + (9 * (level - 1));
            if (!memory.TryRead(table + (((address >> shift) & 511) * 8), bytes))
            {
                return VtdFaultReason.PagingEntryAccess;
            }

            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            bool leaf = level == 1 || (entry & LargePage) != 0;
            ulong offset = leaf ? (1UL << shift) - 1 : 0xFFF;
            ulong reserved = PagingReserved | (leaf ? offset & ~0xFFFUL : 0) | (level == 4 ? LargePage : 0);
            if ((entry & (Read | Write)) != 0 && (entry & reserved) != 0)
            {
                return VtdFaultReason.PagingEntryReserved;
            }

            if ((entry & (write ? Write : Read)) == 0)
            {
                return write ? VtdFaultReason.NotWritable : VtdFaultReason.NotReadable;
            }

            table = entry & VtdRegister.TableAddress;
            if (leaf)
            {
                translated = table | (address & offset);
                return VtdFaultReason.None;
            }
        }
    }

    private static bool TryRead(GuestMemory memory, ulong address, out ulong low, out ulong high)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool success = memory.TryRead(address, bytes);
        low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        return success;
    }
}
