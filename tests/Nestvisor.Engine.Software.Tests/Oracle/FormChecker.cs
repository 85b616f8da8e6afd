using System.Text;
using Iced.Intel;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Runs forms on both sides and compares everything.</summary>
internal sealed unsafe class FormChecker(NativeRunner runner, IOracleSide side, int bitness = 64)
{
    private const ulong ComparedFlags = Rflags.Arithmetic | Rflags.DF;
    private readonly byte[] _before = new byte[Arena.Bytes];
    private readonly byte[] _after = new byte[Arena.Bytes];

    /// <summary>Flags that differed in some run although the registers may not have.</summary>
    public ulong FlagDifferences { get; private set; }

    /// <summary>Whether vector state is loaded and compared too.</summary>
    public bool UseVector { get; init; }

    /// <summary>Fills the 832 bytes of vector state before a run.</summary>
    public Action<Random, nint>? FillVector { get; init; }

    /// <summary>Runs cases of a form; returns a description of the first difference, or null.</summary>
    public string? Check(Form form, Random random, int cases, ulong undefinedFlags)
    {
        if (form.IsLegacy)
        {
            runner.SetLegacyInstruction(form.Bytes, bitness);
        }
        else
        {
            runner.SetInstruction(form.Bytes);
        }

        side.SetInstruction(form.Instruction, form.Bytes);
        RandomValues.Fill(random, _before);
        Arena.Fill(_before);
        string? first = null;
        for (int i = 0; i < cases; i++)
        {
            string? difference = RunCase(form, random, ~undefinedFlags & ComparedFlags);
            first ??= difference;
            if (first is not null && i > 64)
            {
                break;
            }
        }

        return first;
    }

    private string? RunCase(Form form, Random random, ulong flagMask)
    {
        NativeContext* c = runner.Context;
        VpState* s = side.State;
        if (!CaseMaker.Fill(random, form, runner))
        {
            return null;
        }

        Arena.Save(_before);
        c->UseVector = UseVector ? 1UL : 0;
        if (UseVector)
        {
            byte* vector = (byte*)c + NativeContext.VectorInOffset;
            FillVector?.Invoke(random, (nint)vector);
            new Span<byte>(vector, NativeContext.VectorBytes).CopyTo(new Span<byte>(s->Vector, NativeContext.VectorBytes));
        }

        if (form.IsLegacy)
        {
            runner.RunLegacy();
        }
        else
        {
            runner.Run();
        }

        Arena.Save(_after);
        Arena.Restore(_before);

        for (int i = 0; i < 16; i++)
        {
            s->Gpr[i] = c->In[i];
        }

        s->Gpr[16] = 0;
        LazyFlags.Write(s, c->FlagsIn);
        int vectorNumber = side.Run();
        string? difference = Compare(form, vectorNumber, flagMask);
        Arena.Restore(_before);
        return difference;
    }

    private string? Compare(Form form, int exception, ulong flagMask)
    {
        if (exception == (int)ExceptionVector.PageFault && runner.Context->TrapNumber == (ulong)exception && runner.Context->Signal != 0
            && form.Instruction.Code is Code.Pushaw or Code.Pushad or Code.Popaw or Code.Popad)
        {
            // The host stops in the middle; here all of them is there or nothing is changed.
            return null;
        }

        NativeContext* c = runner.Context;
        VpState* s = side.State;
        StringBuilder text = new();
        int nativeException = c->Signal == 0 ? -1 : (int)c->TrapNumber;
        if (exception >= 13 && nativeException >= 13 && IsCompareString(form.Instruction.Code))
        {
            // Both operands may fault; which one comes first depends on size and prefix.
        }
        else if (exception != nativeException)
        {
            text.Append($" exception {exception}, host {nativeException} (signal {c->Signal});");
        }
        else if (exception == (int)ExceptionVector.PageFault && !SamePageFault(s->Exception, c))
        {
            text.Append($" #PF {s->Exception.Payload:X} code {s->Exception.ErrorCode}, host {c->Cr2:X} code {c->ErrorCode};");
        }

        if (exception == -1)
        {
            ulong rip = c->Landed != 0 ? runner.LandingOf(bitness) : runner.SlotOf(bitness) + (ulong)form.Bytes.Length;
            if (s->Rip != rip)
            {
                text.Append($" RIP {s->Rip:X}, host {rip:X};");
            }
        }

        for (int i = 0; i < (form.IsLegacy ? 8 : 16); i++)
        {
            // The kernel's way back to a 16-bit stack keeps the lower half of ESP only.
            ulong mask = !form.IsLegacy ? ulong.MaxValue : i == 4 && bitness == 16 ? 0xFFFFu : uint.MaxValue;
            if (((s->Gpr[i] ^ c->Out[i]) & mask) != 0)
            {
                text.Append($" {Register.RAX + i} {s->Gpr[i]:X}, host {c->Out[i]:X};");
            }
        }

        ulong flags = (LazyFlags.Read(s) ^ c->FlagsOut) & ComparedFlags;
        FlagDifferences |= flags;
        if ((flags & flagMask) != 0)
        {
            text.Append($" flags {LazyFlags.Read(s) & ComparedFlags:X}, host {c->FlagsOut & ComparedFlags:X}"
                + $" (differ {flags & flagMask:X});");
        }

        int at = Arena.FirstDifference(_after);
        if (at >= 0)
        {
            text.Append($" memory at arena+{at:X} {((byte*)Arena.Start)[at]:X2}, host {_after[at]:X2};");
        }

        if (UseVector)
        {
            CompareVector(text);
        }

        return text.Length == 0 ? null : Describe(form, text);
    }

    private static bool SamePageFault(in PendingException exception, NativeContext* c)
    {
        // The upper half is the host kernel's, where pages are present or not as it likes.
        uint compared = (long)c->Cr2 < 0 ? 6u : 7u;
        return exception.Payload == c->Cr2 && (exception.ErrorCode & compared) == (c->ErrorCode & compared);
    }

    private static bool IsCompareString(Code code) =>
        code is Code.Cmpsb_m8_m8 or Code.Cmpsw_m16_m16 or Code.Cmpsd_m32_m32 or Code.Cmpsq_m64_m64;

    private void CompareVector(StringBuilder text)
    {
        ReadOnlySpan<byte> mine = new(side.State->Vector, NativeContext.VectorBytes);
        ReadOnlySpan<byte> host = new((byte*)runner.Context + NativeContext.VectorOutOffset, NativeContext.VectorBytes);
        for (int i = 0; i < NativeContext.VectorBytes; i += 16)
        {
            // The header of the image belongs to the instruction that stores it.
            if (i is < 512 or >= 576 && !mine.Slice(i, 16).SequenceEqual(host.Slice(i, 16)))
            {
                text.Append($" vector+{i} {Convert.ToHexString(mine.Slice(i, 16))}, host {Convert.ToHexString(host.Slice(i, 16))};");
            }
        }
    }

    private string Describe(Form form, StringBuilder difference)
    {
        NativeContext* c = runner.Context;
        StringBuilder text = new();
        text.Append($"{form}:{difference} [before:");
        for (int i = 0; i < 16; i++)
        {
            text.Append($" {Register.RAX + i}={c->In[i]:X}");
        }

        return text.Append($" flags={c->FlagsIn:X} arena={Arena.Start:X}]").ToString();
    }
}
