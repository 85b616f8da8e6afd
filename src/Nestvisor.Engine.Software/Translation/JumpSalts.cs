using System.Runtime.InteropServices;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// The random numbers that stand for one address space in the jump cache, one a mode. A flush that could touch code which was
/// entered through the cache draws new ones.
/// </summary>
internal sealed class JumpSalts
{
    private const int Modes = 8;
    private const int PageBits = 1 << 15;
    private const int LargeRanges = 4;
    private const int LargestShift = 30;

    private readonly uint[] _modes = new uint[Modes];
    private readonly ulong[] _salts = new ulong[Modes];
    private readonly bool[] _hasLocal = new bool[Modes];
    private readonly ulong[] _pages = new ulong[PageBits / 64];
    private readonly ulong[] _large = new ulong[LargeRanges];
    private int _count;
    private int _largeCount;
    private int _current;
    private int _next;
    private ulong _state = Seed();

    /// <summary>Changes with every number.</summary>
    public uint Version { get; private set; }

    /// <summary>The number of a mode.</summary>
    public ulong For(uint mode)
    {
        if (_current < _count && _modes[_current] == mode)
        {
            return _salts[_current];
        }

        for (int i = 0; i < _count; i++)
        {
            if (_modes[i] == mode)
            {
                _current = i;
                return _salts[i];
            }
        }

        // The oldest makes room.
        _current = _count < Modes ? _count++ : _next++ % Modes;
        _modes[_current] = mode;
        Renew(_current);
        return _salts[_current];
    }

    /// <summary>An entry of the current mode was made for an address.</summary>
    public void Entered(ulong linear, bool global, bool large)
    {
        _hasLocal[_current] |= !global;
        if (large)
        {
            // The size of the large page is not known here; none is larger than this.
            MarkLarge(linear >> LargestShift);
            return;
        }

        int page = (int)(linear >> 12) & (PageBits - 1);
        _pages[page >> 6] |= 1UL << (page & 63);
    }

    /// <summary>Forgets all.</summary>
    public void FlushAll()
    {
        for (int i = 0; i < _count; i++)
        {
            Renew(i);
        }

        Array.Clear(_pages);
        _largeCount = 0;
    }

    /// <summary>Forgets modes that have entries of pages which are not global.</summary>
    public void FlushNonGlobal()
    {
        for (int i = 0; i < _count; i++)
        {
            if (_hasLocal[i])
            {
                Renew(i);
            }
        }
    }

    /// <summary>Forgets all if there may be an entry of the page, or of the large page that it lies in.</summary>
    public void FlushPage(ulong linear)
    {
        int page = (int)(linear >> 12) & (PageBits - 1);
        bool entered = (_pages[page >> 6] & (1UL << (page & 63))) != 0;
        for (int i = 0; i < Math.Min(_largeCount, LargeRanges); i++)
        {
            entered |= _large[i] == linear >> LargestShift;
        }

        if (entered || _largeCount > LargeRanges)
        {
            FlushAll();
        }
    }

    private void MarkLarge(ulong range)
    {
        for (int i = 0; i < Math.Min(_largeCount, LargeRanges); i++)
        {
            if (_large[i] == range)
            {
                return;
            }
        }

        if (_largeCount < LargeRanges)
        {
            _large[_largeCount] = range;
        }

        _largeCount = Math.Min(_largeCount + 1, LargeRanges + 1);
    }

    private static ulong Seed()
    {
        ulong seed = 0;
        HostRandom.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed | 1;
    }

    // xorshift64*: the guest sees none of these.
    private void Renew(int index)
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        _salts[index] = _state * 0x2545_F491_4F6C_DD1D;
        _hasLocal[index] = false;
        Version++;
    }
}
