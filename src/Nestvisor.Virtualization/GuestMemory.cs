using System.ComponentModel;
using Nestvisor.Platform;

namespace Nestvisor.Virtualization;

/// <summary>
/// The guest's physical memory: one reserved range of host addresses in which HVA = <see cref="Base"/> + GPA. RAM is below 3 GiB
/// and, what does not fit there, from 4 GiB on; the rest of the range faults.
/// </summary>
/// <remarks>
/// Every writer goes through one door. Code outside the engines uses <see cref="TryWrite"/> and <see cref="TryGetSpan"/>
/// (with <see cref="NoteWritten"/>); an engine that writes directly checks <see cref="PageFlags"/> itself.
/// </remarks>
public sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>Bytes of a guest page.</summary>
    public const int PageSize = 4096;

    /// <summary>RAM below 4 GiB ends here at the latest; above are PCI, IOAPIC and local APIC.</summary>
    public const ulong LowLimit = 0xC000_0000;

    /// <summary>RAM that does not fit below <see cref="LowLimit"/> starts here.</summary>
    public const ulong HighStart = 0x1_0000_0000;

    private readonly byte* _reservation;
    private readonly ulong _reserved;
    private readonly ulong _flagBytes;
    private IGuestMemoryObserver? _observer;

    /// <summary>Creates memory. Nothing is committed before the guest touches it.</summary>
    /// <param name="size">Bytes of RAM, a multiple of <see cref="PageSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is 0 or not a multiple of the page size.</exception>
    /// <exception cref="Win32Exception">The host refused.</exception>
    public GuestMemory(ulong size)
    {
        if (size == 0 || size % PageSize != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, "The size of memory must be a positive multiple of 4096.");
        }

        Size = size;
        LowSize = Math.Min(size, LowLimit);
        HighSize = size - LowSize;
        Limit = HighSize == 0 ? LowSize : HighStart + HighSize;

        // A large page of the guest's can be one of the host's only if both are aligned alike.
        _reserved = Limit + PageSize + HostMemory.HugePageSize;
        _reservation = HostMemory.Reserve(_reserved);
        Base = (byte*)(((ulong)_reservation + HostMemory.HugePageSize - 1) & ~(HostMemory.HugePageSize - 1));
        HostMemory.AllocateAt(Base, LowSize);
        if (HighSize != 0)
        {
            HostMemory.AllocateAt(Base + HighStart, HighSize);
        }

        _flagBytes = ((Limit / PageSize) + PageSize) & ~(ulong)(PageSize - 1);
        PageFlags = HostMemory.Allocate(_flagBytes);
    }

    /// <summary>Bytes of RAM.</summary>
    public ulong Size { get; }

    /// <summary>Bytes of RAM from address 0 on.</summary>
    public ulong LowSize { get; }

    /// <summary>Bytes of RAM from <see cref="HighStart"/> on.</summary>
    public ulong HighSize { get; }

    /// <summary>First address above all RAM.</summary>
    public ulong Limit { get; }

    /// <summary>Host address of guest-physical address 0.</summary>
    public byte* Base { get; }

    /// <summary>One byte of <see cref="PageFlag"/> a page, for every page below <see cref="Limit"/>.</summary>
    public byte* PageFlags { get; }

    /// <summary>Sets who is told of writes to pages that hold code. The software engine sets it.</summary>
    /// <param name="observer">The observer.</param>
    public void SetObserver(IGuestMemoryObserver observer) => _observer = observer;

    /// <summary>Whether a range is RAM throughout.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="length">Bytes; 0 counts as 1.</param>
    /// <returns>True if it is.</returns>
    public bool IsRam(ulong address, ulong length)
    {
        length = Math.Max(length, 1);
        return (address < LowSize && length <= LowSize - address)
            || (address >= HighStart && address < Limit && length <= Limit - address);
    }

    /// <summary>Reads RAM.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="target">Where to.</param>
    /// <returns>False, and nothing read, if the range is not RAM throughout.</returns>
    public bool TryRead(ulong address, Span<byte> target)
    {
        if (!IsRam(address, (ulong)target.Length))
        {
            return false;
        }

        // SAFETY: IsRam has checked the whole range, which stays mapped until Dispose.
        new ReadOnlySpan<byte>(Base + address, target.Length).CopyTo(target);
        return true;
    }

    /// <summary>Writes RAM through the door.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>False, and nothing written, if the range is not RAM throughout.</returns>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (!IsRam(address, (ulong)source.Length))
        {
            return false;
        }

        // SAFETY: IsRam has checked the whole range, which stays mapped until Dispose.
        source.CopyTo(new Span<byte>(Base + address, source.Length));
        NoteWritten(address, (ulong)source.Length);
        return true;
    }

    /// <summary>
    /// Opens a window into RAM, for zero-copy input and output. The guest can change the bytes at any time. After
    /// writing, <see cref="NoteWritten"/> is due.
    /// </summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="window">The window.</param>
    /// <returns>False if the range is not RAM throughout.</returns>
    public bool TryGetSpan(ulong address, int length, out Span<byte> window)
    {
        if (length < 0 || !IsRam(address, (ulong)length))
        {
            window = default;
            return false;
        }

        // SAFETY: IsRam has checked the whole range, which stays mapped until Dispose.
        window = new Span<byte>(Base + address, length);
        return true;
    }

    /// <summary>Tells that RAM was written: marks the pages dirty, and drops code that was made from them.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="length">Bytes.</param>
    public void NoteWritten(ulong address, ulong length)
    {
        if (length == 0)
        {
            return;
        }

        // The bytes are there before the flags are looked at: who puts a page under watch reads its bytes afterwards.
        Interlocked.MemoryBarrier();
        for (ulong page = address / PageSize; page <= (address + length - 1) / PageSize; page++)
        {
            // SAFETY: the caller's range is RAM, so its pages are below Limit.
            byte flags = Volatile.Read(ref PageFlags[page]);
            if ((flags & (byte)PageFlag.Code) != 0)
            {
                _observer?.CodeWritten(page);
            }

            if ((flags & (byte)PageFlag.Dirty) == 0)
            {
                SetFlag(page, PageFlag.Dirty);
            }
        }
    }

    /// <summary>Sets flags of a page, atomically.</summary>
    /// <param name="page">Page number, below <see cref="Limit"/> / 4096.</param>
    /// <param name="flag">The flags.</param>
    public void SetFlag(ulong page, PageFlag flag) => ChangeFlags(page, 0xFF, (byte)flag);

    /// <summary>Clears flags of a page, atomically.</summary>
    /// <param name="page">Page number, below <see cref="Limit"/> / 4096.</param>
    /// <param name="flag">The flags.</param>
    public void ClearFlag(ulong page, PageFlag flag) => ChangeFlags(page, (byte)~flag, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        HostMemory.Release(_reservation, _reserved);
        HostMemory.Release(PageFlags, _flagBytes);
    }

    private void ChangeFlags(ulong page, byte keep, byte add)
    {
        ref byte flags = ref PageFlags[page];
        byte old = Volatile.Read(ref flags);
        byte seen;
        while ((seen = Interlocked.CompareExchange(ref flags, (byte)((old & keep) | add), old)) != old)
        {
            old = seen;
        }
    }
}
