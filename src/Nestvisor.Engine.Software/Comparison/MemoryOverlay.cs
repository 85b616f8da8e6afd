using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// Guest memory for the interpreter while it runs ahead of native code: lines of 64 bytes that are copied when they are first used. It
/// reaches what the inline tables reach and no more, as native code does: whatever would need a walk, a device or two pages is refused.
/// </summary>
internal sealed unsafe class MemoryOverlay : IDisposable
{
    private const int LineSize = 64;

    // Nearly all blocks need a few; a string of a page needs 64.
    private const int Most = 4096;

    private readonly ulong* _addresses = (ulong*)NativeMemory.AlignedAlloc(Most * sizeof(ulong), LineSize);
    private readonly byte* _before = (byte*)NativeMemory.AlignedAlloc(Most * LineSize, LineSize);
    private readonly byte* _after = (byte*)NativeMemory.AlignedAlloc(Most * LineSize, LineSize);
    private readonly bool[] _written = new bool[Most];
    private TlbEntry* _reads;
    private TlbEntry* _writes;
    private bool _alignmentFlag;
    private int _count;

    /// <summary>Whether more was used than there is room for: what came out says nothing.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether something was read through an entry for writes: native code may do that, or leave.</summary>
    public bool HasBorrowed { get; private set; }

    /// <summary>The pages used so far.</summary>
    public UsedPages Pages { get; } = new();

    /// <summary>Begins anew, or after a change of RFLAGS.AC goes on, with the tables that serve now.</summary>
    public void Select(TlbEntry* reads, TlbEntry* writes, bool alignmentFlag)
    {
        _reads = reads;
        _writes = writes;
        _alignmentFlag = alignmentFlag;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _count = 0;
        IsFull = false;
        HasBorrowed = false;
        Pages.Clear();
    }

    /// <summary>Takes all writes back; what was read stays, so that the interpreter can do the same again.</summary>
    public void Rewind()
    {
        Buffer.MemoryCopy(_before, _after, Most * LineSize, (long)_count * LineSize);
        _written.AsSpan(0, _count).Clear();
    }

    /// <summary>Reads linear memory.</summary>
    public int Read(ulong linear, byte* target, int length) =>
        Resolve(linear, length, write: false, out ulong host) ? Copy(host, target, length, write: false) : Status.Exception;

    /// <summary>Writes linear memory.</summary>
    public int Write(ulong linear, byte* source, int length) =>
        Resolve(linear, length, write: true, out ulong host) ? Copy(host, source, length, write: true) : Status.Exception;

    /// <summary>Tells whether linear memory can be written.</summary>
    public int ProbeWrite(ulong linear, int length) => Resolve(linear, length, write: true, out _) ? Status.Next : Status.Exception;

    /// <summary>Opens linear memory for reading and writing.</summary>
    public int BeginModify(VpState* s, ulong linear, int length, out ModifyTarget target)
    {
        target = new ModifyTarget { Linear = linear, Size = length, Pointer = s->Scratch, NeedsEnd = true };
        if (!Resolve(linear, length, write: true, out ulong host))
        {
            return Status.Exception;
        }

        int offset = (int)(host % LineSize);
        if (offset + length > LineSize)
        {
            return Copy(host, s->Scratch, length, write: false);
        }

        int line = Line(host);
        _written[line] = true;
        target.Pointer = _after + (line * LineSize) + offset;
        target.Direct = true;
        target.NeedsEnd = false;
        return Status.Next;
    }

    /// <summary>Whether native code has left in memory what the interpreter has left here, in all lines that were written.</summary>
    public bool Agrees()
    {
        for (int line = 0; line < _count; line++)
        {
            if (_written[line]
                && *(Vector512<byte>*)(_after + (line * LineSize)) != *(Vector512<byte>*)Pages.PlaceOf(_addresses[line]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Finds the first byte that native code has left otherwise.</summary>
    /// <param name="host">Its address.</param>
    /// <param name="native">What native code has left there, up to the line's end.</param>
    /// <param name="interpreted">What the interpreter has.</param>
    public bool FindDifference(out ulong host, out ReadOnlySpan<byte> native, out ReadOnlySpan<byte> interpreted)
    {
        for (int line = 0; line < _count; line++)
        {
            if (_written[line])
            {
                interpreted = new ReadOnlySpan<byte>(_after + (line * LineSize), LineSize);
                native = new ReadOnlySpan<byte>((void*)Pages.PlaceOf(_addresses[line]), LineSize);
                int same = native.CommonPrefixLength(interpreted);
                if (same < LineSize)
                {
                    host = _addresses[line] + (ulong)same;
                    native = native[same..];
                    interpreted = interpreted[same..];
                    return true;
                }
            }
        }

        host = 0;
        native = interpreted = default;
        return false;
    }

    /// <summary>Makes native code run on copies that hold what the interpreter has found.</summary>
    public void Isolate()
    {
        Pages.Isolate();
        for (int line = 0; line < _count; line++)
        {
            Buffer.MemoryCopy(_before + (line * LineSize), (void*)Pages.PlaceOf(_addresses[line]), LineSize, LineSize);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_addresses);
        NativeMemory.AlignedFree(_before);
        NativeMemory.AlignedFree(_after);
        Pages.Dispose();
    }

    private bool Resolve(ulong linear, int length, bool write, out ulong host)
    {
        ulong slot = (linear >> 12) & (TlbEntry.Count - 1);
        TlbEntry* entry = (write ? _writes : _reads) + slot;
        bool borrows = !write && (linear ^ entry->Tag) > (ulong)(4096 - length);
        if (borrows)
        {
            // Another page has taken the place. Where native code looks up several accesses at once it takes the entry for writes.
            entry = _writes + slot;
            write = true;
        }

        host = entry->Page + (linear & 0xFFF);
        if ((linear ^ entry->Tag) > (ulong)(4096 - length))
        {
            return false;
        }

        // An operand is of two lines at most.
        if (_count > Most - 2 || Pages.IsFull)
        {
            IsFull = true;
            return false;
        }

        HasBorrowed |= borrows;
        Pages.Add(_alignmentFlag, write, *entry);
        return true;
    }

    private int Copy(ulong host, byte* bytes, int length, bool write)
    {
        if (length == sizeof(ulong) && host % LineSize <= LineSize - sizeof(ulong))
        {
            int line = Line(host);
            ulong* place = (ulong*)(_after + (line * LineSize) + (int)(host % LineSize));
            if (write)
            {
                *place = *(ulong*)bytes;
                _written[line] = true;
            }
            else
            {
                *(ulong*)bytes = *place;
            }

            return Status.Next;
        }

        return CopyParts(host, bytes, length, write);
    }

    private int CopyParts(ulong host, byte* bytes, int length, bool write)
    {
        while (length > 0)
        {
            int offset = (int)(host % LineSize);
            int part = Math.Min(length, LineSize - offset);
            int line = Line(host);
            byte* place = _after + (line * LineSize) + offset;
            new ReadOnlySpan<byte>(write ? bytes : place, part).CopyTo(new Span<byte>(write ? place : bytes, part));
            _written[line] |= write;
            host += (ulong)part;
            bytes += part;
            length -= part;
        }

        return Status.Next;
    }

    // The line of an address, copied if it is not yet.
    private int Line(ulong host)
    {
        ulong address = host & ~(ulong)(LineSize - 1);
        for (int i = _count - 1; i >= 0; i--)
        {
            if (_addresses[i] == address)
            {
                return i;
            }
        }

        int line = _count++;
        _addresses[line] = address;
        _written[line] = false;

        // SAFETY: a line lies within the page of an entry, which maps it to RAM. Once copied it does not change any more.
        Vector512<byte> bytes = *(Vector512<byte>*)address;
        *(Vector512<byte>*)(_before + (line * LineSize)) = bytes;
        *(Vector512<byte>*)(_after + (line * LineSize)) = bytes;
        return line;
    }
}
