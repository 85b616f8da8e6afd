using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Where indirect branches and those to other pages find the native code of their target. A key is the linear address mixed with a
/// random number that stands for address space and mode: another number makes all entries of that space unreachable at once, and
/// the guest cannot guess one, so that no address of its choice meets an entry of another space.
/// </summary>
internal static unsafe class JumpCache
{
    /// <summary>Entries.</summary>
    public const int Count = 1 << 16;

    /// <summary>
    /// The slot is the upper bits of the product of the key's lower half and this: of the key, since L1 and L2 often run the same kernel
    /// at the same addresses.
    /// </summary>
    public const uint Multiplier = 0x9E37_79B1;

    /// <summary>How many bits of the product do not count.</summary>
    public const int Shift = 32 - 16;

    /// <summary>Bytes of the table.</summary>
    public const int Size = Count * 16;

    /// <summary>One entry.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Entry
    {
        public ulong Key;
        public byte* Code;
    }

    /// <summary>Stores an entry.</summary>
    public static void Set(Entry* table, ulong address, ulong salt, byte* code)
    {
        ulong key = address ^ salt;
        table[unchecked((uint)key * Multiplier) >> Shift] = new Entry { Key = key, Code = code };
    }

    /// <summary>Removes what lies where an address belongs.</summary>
    public static void Remove(Entry* table, ulong address, ulong salt) =>
        table[unchecked((uint)(address ^ salt) * Multiplier) >> Shift] = default;
}
