using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Pieces of memory that does not move, such as a guest's, that a call of the kernel takes together (struct iovec). Used by one thread.</summary>
public sealed unsafe class MemoryPieces
{
    // The first entry is for what a call puts before the pieces.
    private readonly Piece[] _pieces;
    private int _count;

    /// <summary>Creates an empty list.</summary>
    /// <param name="capacity">Most pieces, at least 1 and less than 1024, the kernel's limit.</param>
    public MemoryPieces(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(capacity, 1024);
        _pieces = new Piece[capacity + 1];
    }

    /// <summary>Bytes of all pieces.</summary>
    public int Length { get; private set; }

    /// <summary>Takes all pieces out.</summary>
    public void Clear()
    {
        _count = 0;
        Length = 0;
    }

    /// <summary>Adds a piece.</summary>
    /// <param name="memory">Memory that does not move and stays mapped as long as the list is used; others may change what is in it.</param>
    /// <returns>False if there is no room for it.</returns>
    public bool TryAdd(ReadOnlySpan<byte> memory)
    {
        if (_count == _pieces.Length - 1 || memory.Length > int.MaxValue - Length)
        {
            return false;
        }

        // SAFETY: by the contract the memory does not move; the address is used by the kernel alone.
        _pieces[++_count] = new Piece((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), memory.Length);
        Length += memory.Length;
        return true;
    }

    /// <summary>Copies all pieces.</summary>
    /// <param name="target">At least <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> target)
    {
        for (int i = 1; i <= _count; i++)
        {
            // SAFETY: by the contract of TryAdd the memory is still mapped.
            new ReadOnlySpan<byte>((void*)_pieces[i].Address, (int)_pieces[i].Length).CopyTo(target);
            target = target[(int)_pieces[i].Length..];
        }
    }

    /// <summary>Lets a call of the kernel use the pieces.</summary>
    /// <param name="first">Put before them; pinned by the caller.</param>
    /// <param name="firstLength">Its length.</param>
    /// <param name="count">Receives the number of pieces with it.</param>
    /// <returns>The array, to be pinned.</returns>
    internal ref Piece Begin(byte* first, int firstLength, out int count)
    {
        _pieces[0] = new Piece((nint)first, firstLength);
        count = _count + 1;
        return ref _pieces[0];
    }

    /// <summary>struct iovec.</summary>
    internal readonly record struct Piece(nint Address, nint Length);
}
