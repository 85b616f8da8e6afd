using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Privileged;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Nested.Svm;

/// <summary>
/// Intercepts of instructions. In guest mode a block holds, before each instruction that can be intercepted, an operation that
/// looks at the control block: it exits, or lets the instruction's own operation run. L1's blocks have none. Exceptions that
/// the manual ranks above the intercept (AMD APM vol. 2 §15.9) are left to the instruction.
/// </summary>
internal static unsafe class InterceptChecks
{
    private const ulong MovCr = 1UL << 63;

    /// <summary>Makes the check of an instruction, if it needs one.</summary>
    /// <param name="i">The instruction.</param>
    /// <param name="mode">The mode of its block.</param>
    /// <param name="common">Its operation, with length, code and memory operand filled in.</param>
    /// <param name="check">The check.</param>
    public static bool TryBuild(in Instruction i, BlockMode mode, in Op common, out Op check)
    {
        check = common;
        check.Handler = null;
        bool privileged = mode.Cpl == 0;
        bool protectedMode = !mode.Has(BlockMode.RealMode) && !mode.Has(BlockMode.Virtual8086);
        switch (i.Mnemonic)
        {
            case Mnemonic.Mov:
                return privileged && BuildMove(i, ref check);
            case Mnemonic.Clts:
                return privileged && Set(ref check, &Clts);
            case Mnemonic.Lmsw:
                return privileged && Set(ref check, &Lmsw);
            case Mnemonic.Smsw:
                return Set(ref check, &Smsw);
            case Mnemonic.Sidt:
                return Unless(ref check, SvmIntercept.IdtrRead, &UserModePrevented);
            case Mnemonic.Sgdt:
                return Unless(ref check, SvmIntercept.GdtrRead, &UserModePrevented);
            case Mnemonic.Sldt:
                return protectedMode && Unless(ref check, SvmIntercept.LdtrRead, &UserModePrevented);
            case Mnemonic.Str:
                return protectedMode && Unless(ref check, SvmIntercept.TrRead, &UserModePrevented);
            case Mnemonic.Lidt:
                return privileged && Plain(ref check, SvmIntercept.IdtrWrite);
            case Mnemonic.Lgdt:
                return privileged && Plain(ref check, SvmIntercept.GdtrWrite);
            case Mnemonic.Lldt:
                return privileged && protectedMode && Plain(ref check, SvmIntercept.LdtrWrite);
            case Mnemonic.Ltr:
                return privileged && protectedMode && Plain(ref check, SvmIntercept.TrWrite);
            case Mnemonic.Rdtsc:
                return Unless(ref check, SvmIntercept.Rdtsc, &TscDisabled);
            case Mnemonic.Rdtscp:
                return Unless(ref check, SvmIntercept.Rdtscp, &TscDisabled);
            case Mnemonic.Rdpmc:
                return Unless(ref check, SvmIntercept.Rdpmc, &CountersDisabled);
            case Mnemonic.Pushf or Mnemonic.Pushfd or Mnemonic.Pushfq:
                return Plain(ref check, SvmIntercept.Pushf);
            case Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq:
                return Plain(ref check, SvmIntercept.Popf);
            case Mnemonic.Cpuid:
                return Plain(ref check, SvmIntercept.Cpuid);
            case Mnemonic.Rsm:
                return Plain(ref check, SvmIntercept.Rsm);
            case Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq:
                return Unless(ref check, SvmIntercept.Iret, &Iret);
            case Mnemonic.Int:
                check.Extra = i.Immediate8;
                return Plain(ref check, SvmIntercept.Swint);
            case Mnemonic.Int1:
                return Plain(ref check, SvmIntercept.Icebp);
            case Mnemonic.Int3:
                return Set(ref check, &Breakpoint);
            case Mnemonic.Into:
                return Set(ref check, &Overflow);
            case Mnemonic.Invd:
                return privileged && Plain(ref check, SvmIntercept.Invd);
            case Mnemonic.Wbinvd or Mnemonic.Wbnoinvd:
                return privileged && Plain(ref check, SvmIntercept.Wbinvd);
            case Mnemonic.Pause:
                return Set(ref check, &Pause);
            case Mnemonic.Hlt:
                return privileged && Plain(ref check, SvmIntercept.Hlt);
            case Mnemonic.Invlpg:
                return privileged && Set(ref check, &Invlpg);
            case Mnemonic.Invpcid:
                check.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
                return privileged && Set(ref check, &Invpcid);
            case Mnemonic.Rdmsr:
                return privileged && Set(ref check, &ReadMsr);
            case Mnemonic.Wrmsr:
                return privileged && Set(ref check, &WriteMsr);
            case Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd
                or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd:
                return BuildPort(i, mode, ref check);
            case Mnemonic.Vmmcall:
                return Plain(ref check, SvmIntercept.Vmmcall);
            case Mnemonic.Vmrun:
                return privileged && protectedMode && Unless(ref check, SvmIntercept.Vmrun, &SvmDisabled);
            case Mnemonic.Vmload:
                return privileged && protectedMode && Unless(ref check, SvmIntercept.Vmload, &SvmDisabled);
            case Mnemonic.Vmsave:
                return privileged && protectedMode && Unless(ref check, SvmIntercept.Vmsave, &SvmDisabled);
            case Mnemonic.Stgi:
                return privileged && protectedMode && Unless(ref check, SvmIntercept.Stgi, &SvmDisabled);
            case Mnemonic.Clgi:
                return privileged && protectedMode && Unless(ref check, SvmIntercept.Clgi, &SvmDisabled);
            case Mnemonic.Invlpga:
                return privileged && protectedMode && Unless(ref check, SvmIntercept.Invlpga, &SvmDisabled);
            case Mnemonic.Monitor:
                return privileged && Plain(ref check, SvmIntercept.Monitor);
            case Mnemonic.Mwait:
                return privileged && Plain(ref check, SvmIntercept.Mwait);
            case Mnemonic.Xsetbv:
                return privileged && mode.Has(BlockMode.OsXsave) && Plain(ref check, SvmIntercept.Xsetbv);
            case Mnemonic.Rdpru:
                return Unless(ref check, SvmIntercept.Rdpru, &TscDisabled);
            case Mnemonic.Jmp or Mnemonic.Call when i.IsJmpFar || i.IsJmpFarIndirect || i.IsCallFar || i.IsCallFarIndirect:
                return protectedMode && !mode.Has(BlockMode.LongMode) && Set(ref check, &FarTransfer);
            default:
                return false;
        }
    }

    private static bool Set(ref Op check, delegate*<VpState*, Op*, int> handler)
    {
        check.Handler = handler;
        return true;
    }

    private static bool Plain(ref Op check, SvmIntercept intercept)
    {
        check.Flags |= OpFlags.PlainCheck;
        return Unless(ref check, intercept, &Always);
    }

    private static bool Unless(ref Op check, SvmIntercept intercept, delegate*<VpState*, Op*, int> handler)
    {
        check.Register3 = (byte)intercept;
        return Set(ref check, handler);
    }

    private static bool BuildMove(in Instruction i, ref Op check)
    {
        Register first = i.Op0Register;
        Register second = i.Op1Register;
        if (first.IsCR() || second.IsCR())
        {
            bool write = first.IsCR();
            int number = (write ? first : second).GetNumber();
            Register general = write ? second : first;
            check.Register1 = OpBuilder.RegisterOffset(general);
            check.Size = (byte)general.GetSize();
            check.Immediate = (ulong)((write ? (int)SvmExitCode.WriteCr0 : (int)SvmExitCode.ReadCr0) + number);
            check.Extra = general.GetNumber();
            return number is 0 or 2 or 3 or 4 or 8 && Set(ref check, &MoveControl);
        }

        if (first.IsDR() || second.IsDR())
        {
            bool write = first.IsDR();
            int number = (write ? first : second).GetNumber();
            check.Immediate = (ulong)((write ? (int)SvmExitCode.WriteDr0 : (int)SvmExitCode.ReadDr0) + number);
            check.Extra = (write ? second : first).GetNumber();
            check.Register1 = (byte)number;
            return number < 8 && Set(ref check, &MoveDebug);
        }

        return false;
    }

    private static bool BuildPort(in Instruction i, BlockMode mode, ref Op check)
    {
        bool text = i.IsStringInstruction;
        bool input = i.Mnemonic is Mnemonic.In or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd;
        int size = text
            ? i.MemorySize.GetSize()
            : (input ? i.Op0Register : i.Op1Register).GetSize();
        ulong info = (ulong)size << 4;
        info |= input ? IoExitInfo.In : 0;
        info |= AddressSize(i, mode, text);
        if (text)
        {
            info |= IoExitInfo.String;
            info |= i.HasRepPrefix || i.HasRepePrefix || i.HasRepnePrefix ? IoExitInfo.Rep : 0;
            info |= (ulong)(input ? 0 : OpBuilder.SegmentNumber(i.MemorySegment)) << IoExitInfo.SegmentShift;
        }

        bool immediate = i.Op0Kind == OpKind.Immediate8 || i.Op1Kind == OpKind.Immediate8;
        check.Extra = (nint)info;
        check.Size = (byte)size;
        check.Immediate = immediate ? i.Immediate8 : ulong.MaxValue;
        return Set(ref check, &Port);
    }

    private static ulong AddressSize(in Instruction i, BlockMode mode, bool text)
    {
        if (text)
        {
            OpKind kind = i.Op0Kind == OpKind.Register ? i.Op1Kind : i.Op0Kind;
            return kind switch
            {
                OpKind.MemoryESDI or OpKind.MemorySegSI => IoExitInfo.Address16,
                OpKind.MemoryESEDI or OpKind.MemorySegESI => IoExitInfo.Address32,
                _ => IoExitInfo.Address64,
            };
        }

        return mode.Bitness switch
        {
            16 => IoExitInfo.Address16,
            32 => IoExitInfo.Address32,
            _ => IoExitInfo.Address64,
        };
    }

    private static int Always(VpState* s, Op* o) => Take(SoftwareProcessor.Of(s), s, o);

    private static int Take(SoftwareProcessor p, VpState* s, Op* o) =>
        p.ControlBlock.Intercepts((SvmIntercept)o->Register3)
            ? p.ExitInstruction(s, o, SvmExitCode.Intr + o->Register3, (ulong)o->Extra, 0)
            : Status.Next;

    private static int Iret(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        p.FarTransferRip = SystemOp.Rip(s, o);
        return Take(p, s, o);
    }

    // The task switch that may follow is intercepted when its target is known.
    private static int FarTransfer(VpState* s, Op* o)
    {
        SoftwareProcessor.Of(s).FarTransferRip = SystemOp.Rip(s, o);
        return Status.Next;
    }

    private static int UserModePrevented(VpState* s, Op* o) =>
        s->Cpl != 0 && (s->Cr4 & Cr4.UMIP) != 0 ? Status.Next : Always(s, o);

    private static int TscDisabled(VpState* s, Op* o) =>
        s->Cpl != 0 && (s->Cr4 & Cr4.TSD) != 0 ? Status.Next : Always(s, o);

    private static int CountersDisabled(VpState* s, Op* o) =>
        s->Cpl != 0 && (s->Cr4 & Cr4.PCE) == 0 ? Status.Next : Always(s, o);

    private static int SvmDisabled(VpState* s, Op* o) =>
        (s->Efer & Efer.SVME) == 0 ? Status.Next : Always(s, o);

    private static int Pause(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        return p.PauseIntercepted() ? p.ExitInstruction(s, o, SvmExitCode.Pause, 0, 0) : Status.Next;
    }

    private static int Breakpoint(VpState* s, Op* o) => TakeException(s, o, ExceptionVector.Breakpoint);

    private static int Overflow(VpState* s, Op* o) => LazyFlags.Of(s) ? TakeException(s, o, ExceptionVector.Overflow) : Status.Next;

    private static int TakeException(VpState* s, Op* o, ExceptionVector vector)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        return p.ControlBlock.InterceptsException((byte)vector)
            ? p.ExitInstruction(s, o, SvmExitCode.Exception0 + (int)vector, 0, 0)
            : Status.Next;
    }

    private static bool Bit(SoftwareProcessor p, int offset, int bit) => ((p.ControlBlock.UInt32(offset) >> bit) & 1) != 0;

    private static int MoveControl(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        int code = (int)o->Immediate;
        if (Bit(p, VmcbOffsets.InterceptCr, code))
        {
            return p.ExitInstruction(s, o, (SvmExitCode)code, MovCr | (ulong)o->Extra, 0);
        }

        if (code != (int)SvmExitCode.WriteCr0 || !p.ControlBlock.Intercepts(SvmIntercept.Cr0SelWrite))
        {
            return Status.Next;
        }

        ulong value = o->Size == 4 ? Registers.Get<uint>(s, o->Register1) : Registers.Get<ulong>(s, o->Register1);
        return ((value ^ s->Cr0) & ~(Cr0.TS | Cr0.MP)) != 0
            ? p.ExitInstruction(s, o, SvmExitCode.Cr0SelWrite, MovCr | (ulong)o->Extra, 0)
            : Status.Next;
    }

    private static int Clts(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        return Bit(p, VmcbOffsets.InterceptCr, (int)SvmExitCode.WriteCr0)
            ? p.ExitInstruction(s, o, SvmExitCode.WriteCr0, 0, 0)
            : Status.Next;
    }

    private static int Lmsw(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        if (Bit(p, VmcbOffsets.InterceptCr, (int)SvmExitCode.WriteCr0))
        {
            return p.ExitInstruction(s, o, SvmExitCode.WriteCr0, 0, 0);
        }

        return p.ControlBlock.Intercepts(SvmIntercept.Cr0SelWrite)
            ? p.ExitInstruction(s, o, SvmExitCode.Cr0SelWrite, 0, 0)
            : Status.Next;
    }

    private static int Smsw(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        return Bit(p, VmcbOffsets.InterceptCr, (int)SvmExitCode.ReadCr0) && !(s->Cpl != 0 && (s->Cr4 & Cr4.UMIP) != 0)
            ? p.ExitInstruction(s, o, SvmExitCode.ReadCr0, 0, 0)
            : Status.Next;
    }

    // #UD of DR4 and DR5 and #DB of DR7.GD come first.
    private static int MoveDebug(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        int code = (int)o->Immediate;
        bool faults = (o->Register1 is 4 or 5 && (s->Cr4 & Cr4.DE) != 0) || (s->Dr[7] & (1UL << 13)) != 0;
        return !faults && Bit(p, VmcbOffsets.InterceptDr, code - (int)SvmExitCode.ReadDr0)
            ? p.ExitInstruction(s, o, (SvmExitCode)code, (ulong)o->Extra, 0)
            : Status.Next;
    }

    private static int Invlpg(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        if (!p.ControlBlock.Intercepts(SvmIntercept.Invlpg))
        {
            return Status.Next;
        }

        ulong linear = (s->SegmentBase[o->Segment] + EffectiveAddress.Offset(s, o)) & s->LinearMask;
        return p.ExitInstruction(s, o, SvmExitCode.Invlpg, linear, 0);
    }

    private static int Invpcid(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        if (!p.ControlBlock.Intercepts(SvmIntercept.Invpcid))
        {
            return Status.Next;
        }

        ulong linear = (s->SegmentBase[o->Segment] + EffectiveAddress.Offset(s, o)) & s->LinearMask;
        return p.ExitInstruction(s, o, SvmExitCode.Invpcid, linear, Registers.Get<ulong>(s, o->Register1));
    }

    private static int ReadMsr(VpState* s, Op* o) => Msr(s, o, write: false);

    private static int WriteMsr(VpState* s, Op* o) => Msr(s, o, write: true);

    private static int Msr(VpState* s, Op* o, bool write)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        return p.ControlBlock.Intercepts(SvmIntercept.Msr) && p.MsrIntercepted((uint)s->Gpr[1], write)
            ? p.ExitInstruction(s, o, SvmExitCode.Msr, write ? 1UL : 0, 0)
            : Status.Next;
    }

    private static int Port(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        if (!p.ControlBlock.Intercepts(SvmIntercept.Ioio))
        {
            return Status.Next;
        }

        ushort port = o->Immediate == ulong.MaxValue ? (ushort)s->Gpr[2] : (ushort)o->Immediate;
        int status = p.CheckPort(port, o->Size);
        if (status != Status.Next || !p.PortIntercepted(port, o->Size))
        {
            return status;
        }

        ulong info = (ulong)o->Extra | ((ulong)port << IoExitInfo.PortShift);
        return p.ExitInstruction(s, o, SvmExitCode.Ioio, info, SystemOp.NextRip(s, o));
    }
}
