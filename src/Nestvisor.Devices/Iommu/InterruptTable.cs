using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>The interrupt remapping table (VT-d 3.3 §5.1, §9.10). Posted interrupts and 32-bit APIC ids are not there.</summary>
internal static class InterruptTable
{
    private const ulong Present = 1;
    private const ulong FaultDisable = 2;

    // Bits 14:12, the mode bit of posted interrupts, bits 31:24, and of the destination all but an xAPIC id.
    private const ulong ReservedLow = 0xFFFF_00FF_FF00_F000;
    private const ulong ReservedHigh = ~0xF_FFFFUL;

    /// <summary>Whether an address is in the range of interrupt messages (§3.14).</summary>
    public static bool IsMessage(ulong address) => address >> 20 == 0xFEE;

    /// <summary>Remaps a request.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="table">The interrupt remapping table address register as it was taken over.</param>
    /// <param name="compatibility">Whether requests in compatibility format pass as they are.</param>
    /// <param name="requester">Who asks; null for the IOAPIC, which has no number to verify.</param>
    /// <param name="request">The request; its address is that of a message.</param>
    /// <param name="message">The remapped message.</param>
    /// <param name="index">Which entry; 0 before one is known.</param>
    /// <param name="quiet">Whether the fault is not to be recorded: the entry can switch off those that it answers for.</param>
    /// <returns>Why not.</returns>
    public static VtdFaultReason Remap(
        GuestMemory memory,
        ulong table,
        bool compatibility,
        ushort? requester,
        MsiMessage request,
        out MsiMessage message,
        out uint index,
        out bool quiet)
    {
        const ulong RemappableFormat = 1 << 4;
        const ulong SubhandleValid = 1 << 3;
        message = request;
        index = 0;
        quiet = false;
        if ((request.Address & RemappableFormat) == 0)
        {
            return compatibility ? VtdFaultReason.None : VtdFaultReason.CompatibilityBlocked;
        }

        uint handle = ((uint)(request.Address >> 5) & 0x7FFF) | ((uint)(request.Address >> 2) & 1) << 15;
        if ((request.Address & SubhandleValid) != 0)
        {
            if (request.Data >> 16 != 0)
            {
                return VtdFaultReason.InterruptRequestReserved;
            }

            handle += request.Data;
        }

        index = handle & 0xFFFF;
        if (handle >= 2u << (int)(table & 15))
        {
            return VtdFaultReason.InterruptIndex;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!memory.TryRead((table & VtdRegister.TableAddress) + (handle * 16), bytes))
        {
            return VtdFaultReason.InterruptEntryAccess;
        }

        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        quiet = (low & FaultDisable) != 0;
        if ((low & Present) == 0)
        {
            return VtdFaultReason.InterruptNotPresent;
        }

        int deliveryMode = (int)(low >> 5) & 7;
        if ((low & ReservedLow) != 0 || (high & ReservedHigh) != 0 || deliveryMode is 3 or 6 || ((high >> 18) & 3) == 3)
        {
            return VtdFaultReason.InterruptEntryReserved;
        }

        if (requester is { } source && !IsSource(high, source))
        {
            return VtdFaultReason.InterruptSource;
        }

        message = MsiMessage.Create((byte)(low >> 40), (low & 4) != 0, (byte)(low >> 16), deliveryMode, (low & 16) != 0);
        message = message with { Address = message.Address | (low & 8) };
        return VtdFaultReason.None;
    }

    // Source validation (§9.10): the whole number, all but some bits of the function's, or a range of buses.
    private static bool IsSource(ulong entry, ushort requester)
    {
        ushort ignored = (ushort)(((entry >> 16) & 3) switch
        {
            0 => 0,
            1 => 4,
            2 => 6,
            _ => 7,
        });
        return ((entry >> 18) & 3) switch
        {
            0 => true,
            1 => (((ushort)entry ^ requester) & ~ignored) == 0,
            _ => requester >> 8 >= (byte)(entry >> 8) && requester >> 8 <= (byte)entry,
        };
    }
}
