using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>
/// The invalidation queue (VT-d 3.3 §6.5.2). Since nothing is cached, an invalidation is a descriptor that has to be valid; what is
/// left is to tell that it is done.
/// </summary>
/// <param name="registers">The unit's registers.</param>
/// <param name="memory">The guest's memory.</param>
/// <param name="faults">Is told of a descriptor that is none.</param>
/// <param name="completion">The invalidation completion event.</param>
internal sealed class InvalidationQueue(VtdRegisters registers, GuestMemory memory, FaultLog faults, VtdEvent completion)
{
    private const int DescriptorSize = 16;

    /// <summary>Works on the queue until it is empty or has an error. At most one round: the guest cannot move the tail meanwhile.</summary>
    /// <returns>Whether interrupt entries were among what was invalidated.</returns>
    public bool Run()
    {
        bool interrupts = false;
        ulong address = registers.Get64(VtdRegister.QueueAddress);
        uint size = 4096u << (int)(address & 7);
        uint tail = registers[VtdRegister.QueueTail];
        while ((registers[VtdRegister.GlobalStatus] & VtdRegister.Queue) != 0
            && (registers[VtdRegister.FaultStatus] & VtdRegister.QueueError) == 0
            && registers[VtdRegister.QueueHead] != tail)
        {
            uint head = registers[VtdRegister.QueueHead];
            if (tail >= size || head >= size || !TryExecute((address & VtdRegister.TableAddress) + head, ref interrupts))
            {
                faults.Set(VtdRegister.QueueError);
                break;
            }

            registers[VtdRegister.QueueHead] = (head + DescriptorSize) & (size - 1);
        }

        return interrupts;
    }

    private bool TryExecute(ulong address, ref bool interrupts)
    {
        Span<byte> bytes = stackalloc byte[DescriptorSize];
        if (!memory.TryRead(address, bytes))
        {
            return false;
        }

        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        uint granularity = (uint)(low >> 4) & 3;
        switch (low & 15)
        {
            case 1: // Context entries: global, of a domain, of a function.
                return granularity != 0 && (low & 0xFFFC_0000_0000_FFC0) == 0 && high == 0;
            case 2: // Translations: global, of a domain, of pages.
                return granularity != 0 && (low & 0xFFFF_FFFF_0000_FF00) == 0 && (high & 0xF80) == 0
                    && (granularity != 3 || (high & 0x3F) <= VtdRegister.MaximumAddressMask);
            case 4: // Interrupt entries: all, or some from an index on.
                interrupts = true;
                return (low & 0xFFFF_0000_07FF_FFE0) == 0 && high == 0;
            case 5:
                return (low & 0xFFFF_FF80) == 0 && (high & 3) == 0 && TryWait(low, high);
            default: // Device TLBs are not there.
                return false;
        }
    }

    // A wait writes its status, raises the event, or both. Fences need nothing: descriptors are executed in order.
    private bool TryWait(ulong low, ulong high)
    {
        const ulong Interrupt = 1 << 4;
        const ulong StatusWrite = 1 << 5;
        if ((low & StatusWrite) != 0)
        {
            Span<byte> status = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(status, (uint)(low >> 32));
            if (!memory.TryWrite(high, status))
            {
                return false;
            }
        }

        if ((low & Interrupt) != 0 && (registers[VtdRegister.InvalidationStatus] & VtdRegister.WaitComplete) == 0)
        {
            registers[VtdRegister.InvalidationStatus] |= VtdRegister.WaitComplete;
            completion.Raise();
        }

        return true;
    }
}
