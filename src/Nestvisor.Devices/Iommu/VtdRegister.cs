namespace Nestvisor.Devices.Iommu;

/// <summary>Offsets and bits of a remapping unit's registers (VT-d 3.3 §10.4). Bits of 64-bit registers are those of the half they are in.</summary>
internal static class VtdRegister
{
    public const int Version = 0x00;
    public const int Capability = 0x08;
    public const int ExtendedCapability = 0x10;
    public const int GlobalCommand = 0x18;
    public const int GlobalStatus = 0x1C;
    public const int RootTable = 0x20;
    public const int ContextCommand = 0x28;
    public const int FaultStatus = 0x34;
    public const int FaultControl = 0x38;
    public const int QueueHead = 0x80;
    public const int QueueTail = 0x88;
    public const int QueueAddress = 0x90;
    public const int InvalidationStatus = 0x9C;
    public const int InvalidationControl = 0xA0;
    public const int InterruptTable = 0xB8;
    public const int Iotlb = 0xF8;
    public const int FaultRecords = 0x200;

    /// <summary>Bytes that the registers take up.</summary>
    public const int Size = 0x1000;

    /// <summary>Number of fault recording registers, 16 bytes each.</summary>
    public const int FaultRecordCount = 4;

    /// <summary>Architecture version 1.0.</summary>
    public const uint VersionValue = 0x10;

    /// <summary>Largest number of bits that a page-selective invalidation can leave out of an address.</summary>
    public const int MaximumAddressMask = 18;

    /// <summary>
    /// 64 Ki domains, page tables of 3 and 4 levels, 48-bit addresses, pages of 2 MiB and 1 GiB, page-selective invalidation. No
    /// write buffer, no protected regions, and nothing that is not present is cached (§10.4.2).
    /// </summary>
    public const ulong CapabilityValue = 6 | (6UL << 8) | (47UL << 16) | ((ulong)(FaultRecords / 16) << 24) | (3UL << 34) | (1UL << 39)
        | ((FaultRecordCount - 1UL) << 40) | ((ulong)MaximumAddressMask << 48);

    /// <summary>Coherent walks, queued invalidation, interrupt remapping for xAPIC ids, pass-through (§10.4.3).</summary>
    public const ulong ExtendedCapabilityValue = 1 | (1UL << 1) | (1UL << 3) | (1UL << 6) | ((ulong)((Iotlb - 8) / 16) << 8) | (15UL << 20);

    // Global command and status (§10.4.4, §10.4.5).
    public const uint Translation = 1u << 31;
    public const uint RootPointer = 1u << 30;
    public const uint Queue = 1u << 26;
    public const uint InterruptRemapping = 1u << 25;
    public const uint InterruptPointer = 1u << 24;
    public const uint CompatibilityInterrupts = 1u << 23;
    public const uint StatusBits =
        Translation | RootPointer | Queue | InterruptRemapping | InterruptPointer | CompatibilityInterrupts;

    // Fault status (§10.4.9).
    public const uint FaultOverflow = 1 << 0;
    public const uint FaultPending = 1 << 1;
    public const uint QueueError = 1 << 4;
    public const uint FaultCauses = FaultOverflow | FaultPending | QueueError;
    public const int FaultIndexShift = 8;

    /// <summary>F in the last 32 bits of a fault recording register (§10.4.14).</summary>
    public const uint RecordFault = 1u << 31;

    /// <summary>T there: the request was a read.</summary>
    public const uint RecordRead = 1u << 30;

    /// <summary>IWC in the invalidation completion status register (§10.4.24).</summary>
    public const uint WaitComplete = 1 << 0;

    // Event control (§10.4.10, §10.4.25).
    public const uint EventMasked = 1u << 31;
    public const uint EventPending = 1u << 30;

    /// <summary>ICC and IVT: start, and still at it.</summary>
    public const uint Invalidate = 1u << 31;

    /// <summary>Bits of an address that a table may have.</summary>
    public const ulong TableAddress = 0x000F_FFFF_FFFF_F000;
}
