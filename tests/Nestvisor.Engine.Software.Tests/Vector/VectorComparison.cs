using System.Text;
using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Tests.Oracle;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>What the host's processor did against what the handler did.</summary>
internal static unsafe class VectorComparison
{
    /// <summary>Faults: vector, error code, CR2.</summary>
    public static string? Outcome(in Instruction instruction, NativeContext* c, VpState* s, int status)
    {
        // Operands of many parts: which part faults first is not architectural.
        bool manyParts = instruction.Mnemonic is Mnemonic.Fldenv or Mnemonic.Fnsave or Mnemonic.Frstor or Mnemonic.Fnstenv;
        if (c->Signal == 0)
        {
            return status == Status.Next ? null : $"status {status}, exception {s->Exception.Vector}; the host had none";
        }

        if (status != Status.Exception || s->Exception.Vector != c->TrapNumber)
        {
            return $"status {status}, exception {s->Exception.Vector}; the host had {c->TrapNumber}";
        }

        if (c->TrapNumber == 14 && ((s->Exception.Payload != c->Cr2 && !manyParts) || (s->Exception.ErrorCode & 7) != (c->ErrorCode & 7)))
        {
            return $"page fault {s->Exception.Payload:X}/{s->Exception.ErrorCode:X}; the host's {c->Cr2:X}/{c->ErrorCode:X}";
        }

        return null;
    }

    public static string? Registers(NativeContext* c, VpState* s, in Instruction instruction, ulong flagMask, int bitness)
    {
        for (int i = 0; i < (bitness == 64 ? 16 : 8); i++)
        {
            if (s->Gpr[i] != c->Out[i])
            {
                return $"register {i} is {s->Gpr[i]:X}; the host's {c->Out[i]:X}";
            }
        }

        ulong mine = LazyFlags.Read(s) & flagMask;
        ulong theirs = c->FlagsOut & flagMask;
        return mine == theirs ? null : $"flags {mine:X}; the host's {theirs:X} after {instruction.Mnemonic}";
    }

    /// <summary>Vector and x87 registers.</summary>
    /// <param name="host">State after the native run.</param>
    /// <param name="mine">State after the handler.</param>
    /// <param name="ignoredMxcsr">Bits of MXCSR that may differ.</param>
    /// <param name="bitness">Size of the code: the x87 pointers of 32-bit code are compared without their selectors.</param>
    public static string? Vectors(byte* host, byte* mine, uint ignoredMxcsr, int bitness)
    {
        for (int i = 0; i < 16; i++)
        {
            if (!Same(host + VectorArea.Xmm + (16 * i), mine + VectorArea.Xmm + (16 * i), 16))
            {
                return $"xmm{i} is {Hex(mine + VectorArea.Xmm + (16 * i), 16)}; the host's {Hex(host + VectorArea.Xmm + (16 * i), 16)}";
            }

            if (!Same(host + VectorArea.YmmHigh + (16 * i), mine + VectorArea.YmmHigh + (16 * i), 16))
            {
                return $"upper half of ymm{i}";
            }
        }

        if (((*(uint*)(host + VectorArea.Mxcsr) ^ *(uint*)(mine + VectorArea.Mxcsr)) & ~ignoredMxcsr) != 0)
        {
            return $"mxcsr {*(uint*)(mine + VectorArea.Mxcsr):X}; the host's {*(uint*)(host + VectorArea.Mxcsr):X}";
        }

        return X87(host, mine, bitness == 64 ? 8 : 4);
    }

    public static string Dump(in Instruction instruction, byte* before, byte* host, byte* mine)
    {
        StringBuilder text = new();
        for (int i = 0; i < instruction.OpCount; i++)
        {
            Register register = instruction.GetOpKind(i) == OpKind.Register ? instruction.GetOpRegister(i) : Register.None;
            int at = register.IsVectorRegister() ? VectorArea.Xmm + (16 * register.GetNumber())
                : register.IsST() ? VectorArea.X87Registers + (16 * register.GetNumber()) : -1;
            if (at >= 0)
            {
                text.Append($"\n    {register}: before {Hex(before + at, 16)} host {Hex(host + at, 16)} mine {Hex(mine + at, 16)}");
            }
        }

        return text.ToString();
    }

    private static string? X87(byte* host, byte* mine, int pointer)
    {
        for (int i = 0; i < 8; i++)
        {
            int at = VectorArea.X87Registers + (16 * i);
            if (!Same(host + at, mine + at, 10))
            {
                return $"st{i} is {Hex(mine + at, 10)}; the host's {Hex(host + at, 10)}";
            }
        }

        foreach ((int at, int length, string name) in (ReadOnlySpan<(int, int, string)>)[
            (VectorArea.Fcw, 2, "fcw"), (VectorArea.Fsw, 2, "fsw"), (VectorArea.Ftw, 1, "ftw"),
            (VectorArea.Fip, pointer, "fip"), (VectorArea.Fdp, pointer, "fdp"), (VectorArea.Fop, 2, "fop")])
        {
            // The host shows the pointers of pending exceptions only.
            bool shown = (at is not (VectorArea.Fip or VectorArea.Fdp or VectorArea.Fop)) || (host[VectorArea.Fsw] & 0x80) != 0;
            if (shown && !Same(host + at, mine + at, length))
            {
                return $"{name} is {Hex(mine + at, length)}; the host's {Hex(host + at, length)}";
            }
        }

        return null;
    }

    private static bool Same(byte* a, byte* b, int length) => new ReadOnlySpan<byte>(a, length).SequenceEqual(new ReadOnlySpan<byte>(b, length));

    private static string Hex(byte* at, int length)
    {
        StringBuilder text = new();
        for (int i = length - 1; i >= 0; i--)
        {
            text.Append($"{at[i]:X2}");
        }

        return text.ToString();
    }
}
