using System.Runtime.CompilerServices;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Conversions between an operand of any size and 64 bits that cost nothing.</summary>
internal static unsafe class IntegerBits
{
    /// <summary>Zero-extends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Zero<T>(T value)
        where T : unmanaged =>
        sizeof(T) switch
        {
            1 => *(byte*)&value,
            2 => *(ushort*)&value,
            4 => *(uint*)&value,
            _ => *(ulong*)&value,
        };

    /// <summary>Sign-extends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Sign<T>(T value)
        where T : unmanaged =>
        sizeof(T) switch
        {
            1 => *(sbyte*)&value,
            2 => *(short*)&value,
            4 => *(int*)&value,
            _ => *(long*)&value,
        };

    /// <summary>The low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low<T>(ulong value)
        where T : unmanaged
    {
        switch (sizeof(T))
        {
            case 1:
                byte b = (byte)value;
                return *(T*)&b;
            case 2:
                ushort w = (ushort)value;
                return *(T*)&w;
            case 4:
                uint d = (uint)value;
                return *(T*)&d;
            default:
                return *(T*)&value;
        }
    }
}
