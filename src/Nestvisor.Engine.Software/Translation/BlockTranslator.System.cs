using Iced.Intel;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>System instructions that kernels run all the time, as far as they need no more than the state.</summary>
internal sealed partial class BlockTranslator
{
    private const int OrImmediate = 1;
    private const int AndImmediate = 4;

    private void EmitSystem(int i)
    {
        ref Step step = ref _steps[i];
        switch (step.Recipe)
        {
            case Recipe.InterceptCheck:
                BeforeClobber(i);
                _code.Load(GuestRegisters.Rax, Frame.ControlBlock);
                _code.Memory(false, 0xF7, 0, GuestRegisters.Rax, -1, 0, VmcbOffsets.InterceptMisc1 + ((step.Intercept >> 5) * 4));
                _code.WriteInt32(1 << (step.Intercept & 31)); // test dword [...], bit
                AddOperationExit(i, _code.Jump(NotEqual), 0);
                break;
            case Recipe.ClearInterruptFlag:
                BeforeClobber(i);
                ChangeSystemFlags(AndImmediate, ~(int)Rflags.IF);
                break;
            case Recipe.SetInterruptFlag:
                EmitSetInterruptFlag(i);
                break;
            case Recipe.SetAlignmentFlag:
                EmitSetAlignmentFlag(i);
                break;
            case Recipe.SwapGs:
                EmitSwapGs();
                break;
            case Recipe.PushFlags:
                EmitPushFlags(i);
                break;
            case Recipe.ReadProtectionKeys:
                EmitReadProtectionKeys(i);
                break;
            case Recipe.ReadSelector:
                LoadSelector(step.Instruction.Op1Register);
                StoreGuest(step.Instruction.Op0Register.GetNumber(), GuestRegisters.Rax);
                break;
            case Recipe.ReadControlRegister:
                int place = step.Instruction.Op1Register switch
                {
                    Register.CR0 => Frame.Cr0,
                    Register.CR2 => Frame.Cr2,
                    Register.CR3 => Frame.Cr3,
                    _ => Frame.Cr4,
                };
                _code.OnFrame(_long, 0x8B, GuestRegisters.Rax, place);
                StoreGuest(step.Instruction.Op0Register.GetNumber(), GuestRegisters.Rax);
                break;
        }
    }

    // movzx eax, word [frame]
    private void LoadSelector(Register segment)
    {
        _code.Write(0x0F);
        _code.OnFrame(false, 0xB7, GuestRegisters.Rax, Frame.Segment(segment - Register.ES) + Frame.Selector);
    }

    // An event that waits for IF is the interpreter's. Any other is taken at a poll at the earliest, and none comes before the next
    // instruction: the shadow of STI shows only if that one is interpreted and exits to L1.
    private void EmitSetInterruptFlag(int i)
    {
        BeforeClobber(i);
        _code.OnFrame(false, 0xF7, 0, Frame.SystemFlags); // test dword [SystemFlags], IF
        _code.WriteInt32((int)Rflags.IF);
        int open = _code.Jump(NotEqual);
        _code.OnFrame(false, 0x83, 7, Frame.EventsWaiting); // cmp dword [EventsWaiting], 0
        _code.WriteByte(0);
        AddOperationExit(i, open, _code.Jump(NotEqual));
        ChangeSystemFlags(OrImmediate, (int)Rflags.IF);
    }

    // Whether a step is the instruction behind an STI, or the check before it.
    private bool IsShadowed(int i)
    {
        int before = i > 0 && _steps[i - 1].Recipe == Recipe.InterceptCheck ? i - 2 : i - 1;
        return before >= 0 && _steps[before].Recipe == Recipe.SetInterruptFlag;
    }

    // mov byte [InterruptShadow], 1
    private void CastShadow()
    {
        _code.OnFrame(false, 0xC6, 0, Frame.InterruptShadow);
        _code.WriteByte(SoftwareProcessor.ShadowSti);
    }

    // RFLAGS.AC decides which tables serve (SMAP).
    private void EmitSetAlignmentFlag(int i)
    {
        bool set = _steps[i].Instruction.Code == Code.Stac;
        BeforeClobber(i);
        ChangeSystemFlags(set ? OrImmediate : AndImmediate, set ? (int)Rflags.AC : ~(int)Rflags.AC);
        _code.Load(GuestRegisters.Rax, set ? Frame.TlbWithAc : Frame.TlbWithoutAc);
        _code.Store(GuestRegisters.Rax, Frame.ReadTlb);
        _code.Write(0xF3, 0x48, 0x0F, 0xAE, 0xD8); // wrgsbase rax
    }

    private void ChangeSystemFlags(int operation, int mask)
    {
        _code.OnFrame(true, 0x81, operation, Frame.SystemFlags);
        _code.WriteInt32(mask);
    }

    private void EmitSwapGs()
    {
        int number = Register.GS - Register.ES;
        _code.Load(GuestRegisters.Rax, Frame.Segment(number));
        _code.Load(GuestRegisters.Rcx, Frame.KernelGsBase);
        _code.Store(GuestRegisters.Rax, Frame.KernelGsBase);
        _code.Store(GuestRegisters.Rcx, Frame.Segment(number));
        _code.Store(GuestRegisters.Rcx, Frame.SegmentBase + (8 * number));
    }

    private void EmitPushFlags(int i)
    {
        CodeBuffer c = _code;
        EmitStackAccess(i, -SlotSize, write: true);
        LoadWholeFlags();
        c.Memory(_long, 0x89, GuestRegisters.Rax, GuestRegisters.Rcx, -1, 0, _displacement);
        EmitLea(GuestRegisters.GuestRsp, GuestRegisters.GuestRsp, -SlotSize);
    }

    // RFLAGS in RAX, from flags in memory. OF goes from bit 8 to 11, what LAHF gave from 15:8 to 7:0; RF and VM are clear where code is
    // translated.
    private void LoadWholeFlags()
    {
        CodeBuffer c = _code;
        c.OnFrame(false, 0x8B, GuestRegisters.Rax, Frame.NativeFlags);
        c.Write(0x66, 0xC1, 0xC0, 8); // rol ax, 8
        c.Write(0xC0, 0xE4, 3); // shl ah, 3
        c.Write(0x0F, 0xB7, 0xC0); // movzx eax, ax
        c.OnFrame(true, 0x0B, GuestRegisters.Rax, Frame.SystemFlags); // or rax, [SystemFlags]
    }

    private void EmitReadProtectionKeys(int i)
    {
        CodeBuffer c = _code;
        BeforeClobber(i);
        c.OnFrame(false, 0xF7, 0, Frame.Cr4); // test dword [Cr4], CR4.PKE
        c.WriteInt32((int)Cr4.PKE);
        int missing = c.Jump(NotEqual ^ 1);
        c.Write(0x45, 0x85, 0xD2); // test r10d, r10d
        AddOperationExit(i, missing, c.Jump(NotEqual));
        c.OnFrame(false, 0x8B, GuestRegisters.GuestRax, Frame.Pkru);
        c.Write(0x31, 0xD2); // xor edx, edx
    }
}
