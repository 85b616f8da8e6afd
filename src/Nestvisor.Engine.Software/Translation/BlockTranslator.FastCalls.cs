using Nestvisor.Engine.Software.Blocks;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// SYSCALL and SYSRET between 64-bit code at CPL 3 and 0. What they load is in <see cref="State.FastCalls"/>; if that is of another mode,
/// or the target has no translation yet, they are interpreted, and nothing has happened by then.
/// </summary>
internal sealed partial class BlockTranslator
{
    private const int OtherPrivilege = 3 << BlockMode.CplShift;
    private const int SegmentDpl3 = 0x60;

    // With other bits set in R11 more than the flags changes.
    private const ulong ReturnedFlags = Rflags.Arithmetic | Rflags.IF | 2;

    private void EmitSystemCall(int i)
    {
        CodeBuffer c = _code;
        SaveFlags();
        CheckFastCallMode(i, Frame.FastCallUserMode);
        c.Load(GuestRegisters.Rcx, Frame.FastCallTarget);
        EmitLookup(i, Frame.FastCallKernelSalt);
        KeepFound();

        c.Load(GuestRegisters.Rax, Frame.PageBase);
        c.Lea(GuestRegisters.GuestRcx, GuestRegisters.Rax, (int)_steps[i].Instruction.NextIP);
        LoadWholeFlags();
        c.Store(GuestRegisters.Rax, Frame.Gpr(11));
        c.Load(GuestRegisters.Rax, Frame.FastCallKeptFlags);
        c.OnFrame(true, 0x21, GuestRegisters.Rax, Frame.SystemFlags); // and [SystemFlags], rax
        c.OnFrame(false, 0x8B, GuestRegisters.Rax, Frame.FastCallKeptNativeFlags);
        c.OnFrame(false, 0x21, GuestRegisters.Rax, Frame.NativeFlags);
        CopySegment(Frame.FastCallKernelCs, Frame.Segment(1));
        CopySegment(Frame.FastCallKernelSs, Frame.Segment(2));
        EnterPrivilege(0, Frame.FastCallKernelTlb, Frame.FastCallKernelSalt);
        c.Load(GuestRegisters.Rcx, Frame.FastCallTarget);
        EnterKept();
    }

    private void EmitSystemReturn(int i)
    {
        CodeBuffer c = _code;
        SaveFlags();
        CheckFastCallMode(i, Frame.FastCallKernelMode);
        c.Load(GuestRegisters.Rax, Frame.Gpr(11));
        c.Write(0x48, 0xA9); // test rax, ...
        c.WriteInt32(unchecked((int)~ReturnedFlags));
        int others = c.Jump(NotEqual);
        c.OnFrame(false, 0x83, 7, Frame.EventsWaiting); // cmp dword [EventsWaiting], 0
        c.WriteByte(0);
        AddOperationExit(i, others, c.Jump(NotEqual));
        c.Move(GuestRegisters.Rcx, GuestRegisters.GuestRcx);
        EmitLookup(i, Frame.FastCallUserSalt);
        KeepFound();

        // SF, ZF, AF, PF and CF to bits 15:8, OF to bit 0.
        c.Load(GuestRegisters.Rax, Frame.Gpr(11));
        c.Write(0x89, 0xC1); // mov ecx, eax
        c.Write(0xC1, 0xE9, 11); // shr ecx, 11
        c.Write(0xC1, 0xE0, 8); // shl eax, 8
        c.Write(0x83, 0xE1, 1); // and ecx, 1
        c.WriteByte(0x25); // and eax, D700h
        c.WriteInt32(0xD700);
        c.Write(0x09, 0xC8); // or eax, ecx
        c.OnFrame(false, 0x89, GuestRegisters.Rax, Frame.NativeFlags);
        c.Load(GuestRegisters.Rax, Frame.Gpr(11));
        c.WriteByte(0x25); // and eax, IF
        c.WriteInt32((int)Rflags.IF);
        c.Write(0x83, 0xC8, 2); // or eax, 2
        c.Store(GuestRegisters.Rax, Frame.SystemFlags);
        CopySegment(Frame.FastCallUserCs, Frame.Segment(1));
        c.OnFrame(false, 0x8B, GuestRegisters.Rax, Frame.FastCallUserSs);
        c.WriteByte(0x66); // mov [Ss.Selector], ax
        c.OnFrame(false, 0x89, GuestRegisters.Rax, Frame.Segment(2) + Frame.Selector);
        c.WriteByte(0x66); // or word [Ss.Attributes], DPL 3
        c.OnFrame(false, 0x81, OrImmediate, Frame.Segment(2) + Frame.Attributes);
        c.Write(SegmentDpl3, 0);
        EnterPrivilege(3, Frame.FastCallUserTlb, Frame.FastCallUserSalt);
        c.Move(GuestRegisters.Rcx, GuestRegisters.GuestRcx);
        EnterKept();
    }

    // cmp dword [frame], mode of this block; jne
    private void CheckFastCallMode(int i, int place)
    {
        _code.OnFrame(false, 0x81, 7, place);
        _code.WriteInt32((int)_mode);
        AddOperationExit(i, _code.Jump(NotEqual), 0);
    }

    private void CopySegment(int from, int to)
    {
        for (int part = 0; part < 16; part += 8)
        {
            _code.Load(GuestRegisters.Rax, from + part);
            _code.Store(GuestRegisters.Rax, to + part);
        }
    }

    private void EnterPrivilege(int level, int tables, int salt)
    {
        CodeBuffer c = _code;
        c.OnFrame(false, 0xC7, 0, Frame.Cpl);
        c.WriteInt32(level);
        c.OnFrame(false, 0xC7, 0, Frame.Mode);
        c.WriteInt32((int)_mode ^ OtherPrivilege);
        c.Load(GuestRegisters.Rax, salt);
        c.Store(GuestRegisters.Rax, Frame.JumpSalt);
        c.Load(GuestRegisters.Rax, tables);
        c.Store(GuestRegisters.Rax, Frame.ReadTlb);
        c.Write(0xF3, 0x48, 0x0F, 0xAE, 0xD8); // wrgsbase rax
    }

    // The entry that a look-up has found, for later.
    private void KeepFound()
    {
        _code.Memory(true, 0x8B, GuestRegisters.Rax, 4, GuestRegisters.Rax, 0, Frame.JumpCache + 8);
        _code.Store(GuestRegisters.Rax, Frame.Temporary1);
    }

    // Goes to the entry that was kept; its address is in RCX.
    private void EnterKept()
    {
        _code.Write(0x48, 0x81, 0xE1); // and rcx, -4096
        _code.WriteInt32(-4096);
        _code.Store(GuestRegisters.Rcx, Frame.PageBase);
        _code.OnFrame(false, 0xFF, 4, Frame.Temporary1); // jmp [rsp + temporary]
    }
}
