using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Branches. Those that stay on the page are linked to the block they lead to; those that leave it, and indirect ones, look their
/// target up in the jump cache, which every flush of the guest's translations invalidates. Ways back and look-ups poll for events.
/// </summary>
internal sealed partial class BlockTranslator
{
    private const int NotEqual = 5;

    private void EmitJump(int i)
    {
        ref Instruction instruction = ref _steps[i].Instruction;
        long target = BranchTarget(instruction);
        EmitWay(i, instruction.Length == 0 ? ExitSite.Next : ExitSite.Taken, target);
    }

    private void EmitJumpConditional(int i)
    {
        ref Instruction instruction = ref _steps[i].Instruction;
        NeedHostFlags();
        long target = BranchTarget(instruction);
        KeepOffEntries();
        int jump = _code.Jump((int)instruction.ConditionCode - 1);
        _cold.Add(new ColdStub
        {
            Kind = !IsOnPage(target) ? ColdKind.FarWay : IsBack(i, target) ? ColdKind.PolledWay : ColdKind.Way,
            Step = i,
            Jump = jump,
            Exit = ExitSite.Taken,
            Target = target,
            Flags = _flags,
        });
        if (i + 1 == _count)
        {
            EmitWay(i, ExitSite.Next, (long)instruction.NextIP);
        }
    }

    private void EmitJumpIndirect(int i)
    {
        EmitTarget(i);
        EmitLookup(i);
        EmitEnterFound();
    }

    private void EmitReturn(int i)
    {
        CodeBuffer c = _code;
        EmitStackAccess(i, 0, write: false);
        SaveFlags();
        c.Memory(_long, 0x8B, GuestRegisters.Rcx, GuestRegisters.Rcx, -1, 0, _displacement);
        EmitLookup(i);
        int released = _steps[i].Instruction.OpCount != 0 ? _steps[i].Instruction.Immediate16 : 0;
        EmitLea(GuestRegisters.GuestRsp, GuestRegisters.GuestRsp, SlotSize + released);
        EmitEnterFound();
    }

    private void EmitCall(int i)
    {
        CodeBuffer c = _code;
        ref Instruction instruction = ref _steps[i].Instruction;
        if (_steps[i].Recipe == Recipe.Call && IsOnPage(BranchTarget(instruction)))
        {
            EmitStackAccess(i, -SlotSize, write: true);
            EmitPushReturnAddress((int)instruction.NextIP);
            EmitWay(i, ExitSite.Taken, BranchTarget(instruction));
            return;
        }

        if (_steps[i].Recipe == Recipe.Call)
        {
            SaveFlags();
            EmitFarAddress(BranchTarget(instruction));
        }
        else
        {
            EmitTarget(i);
        }

        // The look-up comes first: what it does not find is interpreted, and nothing has happened yet.
        EmitLookup(i);
        KeepFound();
        EmitPageOfFound();
        c.Store(GuestRegisters.Rcx, Frame.Temporary2);
        EmitStackAccess(i, -SlotSize, write: true);
        EmitPushReturnAddress((int)instruction.NextIP);
        c.Load(GuestRegisters.Rcx, Frame.Temporary2);
        c.Store(GuestRegisters.Rcx, Frame.PageBase);
        c.OnFrame(false, 0xFF, 4, Frame.Temporary1); // jmp [rsp + temporary]
    }

    // The target of an indirect branch, in RCX.
    private void EmitTarget(int i)
    {
        ref Instruction instruction = ref _steps[i].Instruction;
        if (instruction.Op0Kind == OpKind.Memory)
        {
            EmitAccess(i, write: false, 0);
            SaveFlags();
            _code.Memory(_long, 0x8B, GuestRegisters.Rcx, GuestRegisters.Rcx, -1, 0, _displacement);
            return;
        }

        SaveFlags();
        int host = InHost(instruction.Op0Register.GetNumber(), GuestRegisters.Rcx);
        if (host != GuestRegisters.Rcx)
        {
            _code.RegisterForm(_long, 0x8B, GuestRegisters.Rcx, host);
        }
    }

    private void EmitPushReturnAddress(int offset)
    {
        CodeBuffer c = _code;
        c.Load(GuestRegisters.Rax, Frame.PageBase);
        EmitLea(GuestRegisters.Rax, GuestRegisters.Rax, offset);
        c.Memory(_long, 0x89, GuestRegisters.Rax, GuestRegisters.Rcx, -1, 0, _displacement);
        EmitLea(GuestRegisters.GuestRsp, GuestRegisters.GuestRsp, -SlotSize);
    }

    // Goes to a direct target, unconditionally.
    private void EmitWay(int i, uint exit, long target)
    {
        if (!IsOnPage(target))
        {
            SaveFlags();
            EmitFarWay(i, target);
            return;
        }

        if (_flags == FlagPlace.Recomputable)
        {
            SaveFlags();
        }

        if (IsBack(i, target))
        {
            EmitPoll(out int leave, out int jump);
            _cold.Add(new ColdStub { Kind = ColdKind.Way, Step = i, Jump = jump, SecondJump = leave, Exit = exit, Target = target, Flags = _flags });
            return;
        }

        KeepOffEntries();
        _cold.Add(new ColdStub { Kind = ColdKind.Way, Step = i, Jump = _code.Jump(), Exit = exit, Target = target, Flags = _flags });
    }

    // mov ecx, [Attention]; jrcxz over the first jump. Keeps the flags.
    private void EmitPoll(out int leave, out int jump)
    {
        _code.OnFrame(false, 0x8B, GuestRegisters.Rcx, Frame.Attention);
        _code.Write(0xE3, 5);
        leave = _code.Jump();
        jump = _code.Jump();
    }

    private void EmitFarWay(int i, long target)
    {
        EmitFarAddress(target);
        EmitLookup(i);
        EmitEnterFound();
    }

    private void EmitFarAddress(long target)
    {
        if (target != (int)target)
        {
            _failed = true;
        }

        _code.Load(GuestRegisters.Rcx, Frame.PageBase);
        EmitLea(GuestRegisters.Rcx, GuestRegisters.Rcx, (int)target);
    }

    private void EmitLookup(int i) => EmitLookup(i, Frame.JumpSalt);

    // Looks up the address in RCX; leaves if there is no entry, or something to attend to. The flags are in memory.
    private void EmitLookup(int i, int salt)
    {
        CodeBuffer c = _code;
        c.OnFrame(true, 0x33, GuestRegisters.Rcx, salt); // xor rcx, [salt]
        c.Write(0x69, 0xC1); // imul eax, ecx, ...
        c.WriteInt32(unchecked((int)JumpCache.Multiplier));
        c.Write(0xC1, 0xE8, JumpCache.Shift); // shr eax, ...
        c.Write(0xC1, 0xE0, 4); // shl eax, 4
        c.Memory(true, 0x3B, GuestRegisters.Rcx, 4, GuestRegisters.Rax, 0, Frame.JumpCache); // cmp rcx, [rsp + rax + cache]
        int miss = c.Jump(NotEqual);
        c.OnFrame(false, 0x83, 7, Frame.Attention); // cmp dword [Attention], 0
        c.WriteByte(0);
        int attention = c.Jump(NotEqual);
        AddOperationExit(i, miss, attention);
    }

    // xor rcx, [JumpSalt]; and rcx, -4096
    private void EmitPageOfFound()
    {
        _code.OnFrame(true, 0x33, GuestRegisters.Rcx, Frame.JumpSalt);
        _code.Write(0x48, 0x81, 0xE1);
        _code.WriteInt32(-4096);
    }

    private void EmitEnterFound()
    {
        EmitPageOfFound();
        _code.Store(GuestRegisters.Rcx, Frame.PageBase);
        _code.Memory(false, 0xFF, 4, 4, GuestRegisters.Rax, 0, Frame.JumpCache + 8); // jmp [rsp + rax + cache + 8]
    }

    // Relative to the page, as the instruction's IP is; what wraps at 4 GiB in 32-bit code is below it.
    private long BranchTarget(in Instruction instruction) =>
        _long ? (long)instruction.NearBranchTarget : (int)(uint)instruction.NearBranchTarget;

    private static bool IsOnPage(long target) => target is >= 0 and < 4096;

    private bool IsBack(int i, long target) => _steps[i].Instruction.Length != 0 && target <= (long)_steps[i].Instruction.IP;
}
