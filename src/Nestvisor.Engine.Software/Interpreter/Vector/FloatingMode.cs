using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>What of the mode depends on the floating-point control words: translated code must not meet an unmasked exception.</summary>
internal static unsafe class FloatingMode
{
    /// <summary>The bits of the mode word that are decided here.</summary>
    public const uint Mask = BlockMode.SimdUnmasked | BlockMode.X87Unmasked;

    private const int X87Masks = 0x3F;

    /// <summary>The bits as the control words are now.</summary>
    public static uint Bits(VpState* s) =>
        ((~*VectorArea.MxcsrOf(s) & VectorArea.MxcsrMasks) != 0 ? BlockMode.SimdUnmasked : 0)
        | ((~*(ushort*)(s->Vector + VectorArea.Fcw) & X87Masks) != 0 ? BlockMode.X87Unmasked : 0);

    /// <summary>What an instruction returns that has changed a control word: if the mode is another now its block ends.</summary>
    public static int Changed(VpState* s, Op* o)
    {
        if ((s->Mode & Mask) == Bits(s))
        {
            return Status.Next;
        }

        s->Rip = (s->BlockRip + o->Offset + o->Length) & s->RipMask;
        return Status.Leave;
    }
}
