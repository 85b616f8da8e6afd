using System.Numerics;

namespace Nestvisor.Engine.Software.Apic;

/// <summary>One bit for each of the 256 vectors. Setting and clearing are atomic, so that any thread may do it.</summary>
internal sealed class VectorBitmap
{
    private readonly ulong[] _words = new ulong[4];

    public bool this[int vector] => (Volatile.Read(ref _words[vector >> 6]) & (1UL << vector)) != 0;

    /// <summary>Sets a bit.</summary>
    /// <returns>Whether it was clear.</returns>
    public bool Set(int vector) => (Interlocked.Or(ref _words[vector >> 6], 1UL << vector) & (1UL << vector)) == 0;

    /// <summary>Clears a bit.</summary>
    /// <returns>Whether it was set.</returns>
    public bool Clear(int vector) => (Interlocked.And(ref _words[vector >> 6], ~(1UL << vector)) & (1UL << vector)) != 0;

    /// <summary>The highest vector whose bit is set; -1 if none is.</summary>
    public int Highest()
    {
        for (int i = 3; i >= 0; i--)
        {
            ulong word = Volatile.Read(ref _words[i]);
            if (word != 0)
            {
                return (i << 6) + BitOperations.Log2(word);
            }
        }

        return -1;
    }

    /// <summary>Reads 32 vectors, as the register page shows them.</summary>
    /// <param name="index">Register 0 to 7.</param>
    public uint Register(int index) => (uint)(Volatile.Read(ref _words[index >> 1]) >> ((index & 1) * 32));

    /// <summary>Replaces 32 vectors.</summary>
    /// <param name="index">Register 0 to 7.</param>
    /// <param name="value">The new bits.</param>
    public void SetRegister(int index, uint value)
    {
        int shift = (index & 1) * 32;
        Interlocked.And(ref _words[index >> 1], ~(0xFFFF_FFFFUL << shift));
        Interlocked.Or(ref _words[index >> 1], (ulong)value << shift);
    }

    public void ClearAll()
    {
        for (int i = 0; i < _words.Length; i++)
        {
            Volatile.Write(ref _words[i], 0);
        }
    }
}
