namespace Nestvisor.Devices.Iommu;

/// <summary>Why a request was blocked (VT-d 3.3 §7.1.2, §5.1.4.1, appendix A).</summary>
internal enum VtdFaultReason : byte
{
    /// <summary>It was not.</summary>
    None = 0,

    RootNotPresent = 0x01,
    ContextNotPresent = 0x02,
    ContextInvalid = 0x03,
    AddressTooWide = 0x04,
    NotWritable = 0x05,
    NotReadable = 0x06,

    /// <summary>A paging entry is not in memory.</summary>
    PagingEntryAccess = 0x07,
    RootEntryAccess = 0x08,
    ContextEntryAccess = 0x09,
    RootReserved = 0x0A,
    ContextReserved = 0x0B,
    PagingEntryReserved = 0x0C,

    /// <summary>The translation leads into the range of interrupt messages.</summary>
    InterruptAddress = 0x0E,

    InterruptRequestReserved = 0x20,
    InterruptIndex = 0x21,
    InterruptNotPresent = 0x22,
    InterruptEntryAccess = 0x23,
    InterruptEntryReserved = 0x24,
    CompatibilityBlocked = 0x25,
    InterruptSource = 0x26,
}
