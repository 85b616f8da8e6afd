using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>
/// The register stack in the saved area: registers lie there in stack order (ST0 first), tags by physical number, one bit each.
/// </summary>
internal static unsafe class X87Stack
{
    /// <summary>FSW.TOP.</summary>
    public static int Top(VpState* s) => (*(ushort*)(s->Vector + VectorArea.Fsw) >> 11) & 7;

    /// <summary>What every MMX instruction but EMMS does: TOP becomes 0 and all tags valid.</summary>
    public static void EnterMmx(VpState* s)
    {
        Rotate(s, -Top(s));
        *(ushort*)(s->Vector + VectorArea.Fsw) &= 0xC7FF;
        s->Vector[VectorArea.Ftw] = 0xFF;
    }

    /// <summary>Renumbers the registers for a TOP that grows by a distance.</summary>
    public static void Rotate(VpState* s, int distance)
    {
        UInt128* registers = (UInt128*)(s->Vector + VectorArea.X87Registers);
        UInt128* copy = stackalloc UInt128[8];
        for (int i = 0; i < 8; i++)
        {
            copy[i] = registers[(i + distance) & 7];
        }

        for (int i = 0; i < 8; i++)
        {
            registers[i] = copy[i];
        }
    }

    /// <summary>The tag word with two bits a register, as FNSTENV has it (AMD APM vol. 1 §6.2.4).</summary>
    public static ushort FullTags(VpState* s)
    {
        int top = Top(s);
        uint abridged = s->Vector[VectorArea.Ftw];
        uint tags = 0;
        for (int i = 0; i < 8; i++)
        {
            uint tag = (abridged >> i & 1) == 0 ? 3 : Classify(s->Vector + VectorArea.X87Registers + (16 * ((i - top) & 7)));
            tags |= tag << (2 * i);
        }

        return (ushort)tags;
    }

    /// <summary>The tag word with one bit a register.</summary>
    public static byte AbridgedTags(ushort tags)
    {
        uint abridged = 0;
        for (int i = 0; i < 8; i++)
        {
            abridged |= (tags >> (2 * i) & 3) != 3 ? 1u << i : 0;
        }

        return (byte)abridged;
    }

    private static uint Classify(byte* register)
    {
        ulong significand = *(ulong*)register;
        int exponent = *(ushort*)(register + 8) & 0x7FFF;
        return exponent == 0 && significand == 0 ? 1u
            : exponent is 0 or 0x7FFF || (long)significand >= 0 ? 2u
            : 0u;
    }
}
