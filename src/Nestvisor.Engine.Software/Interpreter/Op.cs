using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>One decoded instruction, in native memory, ready to run.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Op
{
    /// <summary>Runs the instruction; returns a <see cref="Status"/>.</summary>
    public delegate*<VpState*, Op*, int> Handler;

    /// <summary>Displacement; for RIP-relative operands and direct branches relative to the block's first instruction.</summary>
    public ulong Displacement;

    /// <summary>Mask of the effective address: FFFF, FFFFFFFF or all ones.</summary>
    public ulong AddressMask;

    /// <summary>Immediate, sign-extended as the instruction says.</summary>
    public ulong Immediate;

    /// <summary>Whatever the handler's family wants: a second immediate, a pointer to a native stub.</summary>
    public nint Extra;

    /// <summary>Bytes from the block's first instruction to this one.</summary>
    public ushort Offset;

    /// <summary>Length of the instruction in bytes.</summary>
    public byte Length;

    /// <summary>Segment of the memory operand: 0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS.</summary>
    public byte Segment;

    /// <summary>Byte offset of the base register in <see cref="VpState"/>; <see cref="VpState.ZeroOffset"/> for none.</summary>
    public byte Base;

    /// <summary>Byte offset of the index register; <see cref="VpState.ZeroOffset"/> for none.</summary>
    public byte Index;

    /// <summary>Shift of the index: 0 to 3.</summary>
    public byte Shift;

    /// <summary>Byte offset of the first register operand (usually the destination).</summary>
    public byte Register1;

    /// <summary>Byte offset of the second register operand.</summary>
    public byte Register2;

    /// <summary>Byte offset of the third register operand.</summary>
    public byte Register3;

    /// <summary>Bits of <see cref="OpFlags"/>.</summary>
    public OpFlags Flags;

    /// <summary>Bytes of the memory operand where the handler serves several sizes.</summary>
    public byte Size;

    /// <summary>Iced's <c>Code</c> of the instruction, for rare handlers and for dumps.</summary>
    public ushort Code;
}
