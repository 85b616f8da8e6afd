using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>MOV to and from control and debug registers, CLTS, LMSW, SMSW, XGETBV and XSETBV.</summary>
internal static unsafe class ControlRegisterFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Mov_r32_cr] = table[Code.Mov_r64_cr] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            Fill(i, ref op, general: 0, special: 1, Iced.Intel.Register.CR0);
            op.Handler = &ReadControl;
        };
        table[Code.Mov_cr_r32] = table[Code.Mov_cr_r64] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            Fill(i, ref op, general: 1, special: 0, Iced.Intel.Register.CR0);
            op.Handler = &WriteControl;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Mov_r32_dr] = table[Code.Mov_r64_dr] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            Fill(i, ref op, general: 0, special: 1, Iced.Intel.Register.DR0);
            op.Handler = &ReadDebug;
        };
        table[Code.Mov_dr_r32] = table[Code.Mov_dr_r64] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            Fill(i, ref op, general: 1, special: 0, Iced.Intel.Register.DR0);
            op.Handler = &WriteDebug;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Clts] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = &Clts;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Lmsw_rm16] = table[Code.Lmsw_r32m16] = table[Code.Lmsw_r64m16] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Handler = &Lmsw;
            op.Flags |= OpFlags.EndsBlock;
        };
        OpBuild smsw = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Size = SystemOp.OperandSize(i, 0);
            op.Handler = &Smsw;
        };
        table[Code.Smsw_rm16] = table[Code.Smsw_r32m16] = table[Code.Smsw_r64m16] = smsw;
        table[Code.Xgetbv] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Xgetbv;
        table[Code.Xsetbv] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = &Xsetbv;
            op.Flags |= OpFlags.EndsBlock;
        };
    }

    private static void Fill(in Instruction i, ref Op op, int general, int special, Register first)
    {
        op.Register1 = OpBuilder.RegisterOffset(i.GetOpRegister(general));
        op.Size = (byte)i.GetOpRegister(general).GetSize();
        op.Register2 = (byte)(i.GetOpRegister(special) - first);
    }

    private static int ReadControl(VpState* s, Op* o)
    {
        ulong value;
        switch (o->Register2)
        {
            case 0:
                value = s->Cr0;
                break;
            case 2:
                value = s->Cr2;
                break;
            case 3:
                value = s->Cr3;
                break;
            case 4:
                value = s->Cr4;
                break;
            case 8:
                value = SoftwareProcessor.Of(s).Cr8;
                break;
            default:
                return Fault.InvalidOpcode(s);
        }

        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        SystemOp.SetRegister(s, o->Register1, o->Size, value);
        return Status.Next;
    }

    private static int WriteControl(VpState* s, Op* o)
    {
        if (o->Register2 is not (0 or 2 or 3 or 4 or 8))
        {
            return Fault.InvalidOpcode(s);
        }

        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong value = o->Size == 4 ? Registers.Get<uint>(s, o->Register1) : Registers.Get<ulong>(s, o->Register1);
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        int status = o->Register2 switch
        {
            0 => p.GuestWriteCr0(value),
            3 => p.GuestWriteCr3(value),
            4 => p.GuestWriteCr4(value),
            8 => p.GuestWriteCr8(value),
            _ => Status.Next,
        };
        if (status != Status.Next)
        {
            return status;
        }

        if (o->Register2 == 2)
        {
            s->Cr2 = value;
        }

        return SystemOp.LeaveSerialized(s, o);
    }

    private static int ReadDebug(VpState* s, Op* o)
    {
        int number = o->Register2;
        int status = CheckDebug(s, ref number);
        if (status == Status.Next)
        {
            SystemOp.SetRegister(s, o->Register1, o->Size, s->Dr[number]);
        }

        return status;
    }

    private static int WriteDebug(VpState* s, Op* o)
    {
        int number = o->Register2;
        int status = CheckDebug(s, ref number);
        if (status != Status.Next)
        {
            return status;
        }

        ulong value = o->Size == 4 ? Registers.Get<uint>(s, o->Register1) : Registers.Get<ulong>(s, o->Register1);
        if (number >= 6 && value >> 32 != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Dr[number] = number switch
        {
            6 => (value & 0xE00F) | 0xFFFF_0FF0,
            7 => (value & 0xFFFF_2BFF) | 0x400,
            _ => value,
        };
        SoftwareProcessor.Of(s).UpdateBreakpoints();
        return SystemOp.LeaveSerialized(s, o);
    }

    // DR4 and DR5 are DR6 and DR7 unless CR4.DE makes them undefined; DR7.GD traps every access.
    private static int CheckDebug(VpState* s, ref int number)
    {
        if (number is 4 or 5)
        {
            if ((s->Cr4 & Cr4.DE) != 0)
            {
                return Fault.InvalidOpcode(s);
            }

            number += 2;
        }

        if (number > 7)
        {
            return Fault.InvalidOpcode(s);
        }

        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        if ((s->Dr[7] & (1UL << 13)) != 0)
        {
            Fault.Raise(s, (int)ExceptionVector.Debug);
            s->Exception.Payload = 1UL << 13;
            return Status.Exception;
        }

        return Status.Next;
    }

    private static int Clts(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Cr0 &= ~Cr0.TS;
        return SystemOp.Leave(s, o);
    }

    // LMSW changes bits 3:0, and cannot clear PE.
    private static int Lmsw(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ushort value;
        if ((o->Flags & OpFlags.Memory) == 0)
        {
            value = Registers.Get<ushort>(s, o->Register1);
        }
        else
        {
            int status = TMemory.Read(s, o, out value);
            if (status != Status.Next)
            {
                return status;
            }
        }

        int written = SoftwareProcessor.Of(s).GuestWriteCr0((s->Cr0 & ~0xEUL) | (value & 0xFUL));
        return written == Status.Next ? SystemOp.LeaveSerialized(s, o) : written;
    }

    private static int Smsw(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.UMIP) != 0 && s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        if ((o->Flags & OpFlags.Memory) != 0)
        {
            return TMemory.Write(s, o, (ushort)s->Cr0);
        }

        SystemOp.SetRegister(s, o->Register1, o->Size, s->Cr0);
        return Status.Next;
    }

    private static int Xgetbv(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.OSXSAVE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        uint number = (uint)s->Gpr[1];
        if (number > (SoftwareProcessor.Of(s).HasXgetbv1 ? 1 : 0))
        {
            return Fault.GeneralProtection(s, 0);
        }

        // Number 1 is XCR0 cut down to what is in use.
        ulong value = number == 0 ? s->Xcr0 : s->Xcr0 & XSaveLayout.InUseWithMxcsr(s);
        Registers.Set(s, Registers.Rax, (uint)value);
        Registers.Set(s, Registers.Rdx, (uint)(value >> 32));
        return Status.Next;
    }

    private static int Xsetbv(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.OSXSAVE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        ulong value = (uint)s->Gpr[0] | (s->Gpr[2] << 32);
        bool valid = (value & 1) != 0 && (value & ~SoftwareProcessor.Of(s).Xcr0Valid) == 0 && (value & 6) != 4;
        if (s->Cpl != 0 || (uint)s->Gpr[1] != 0 || !valid)
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Xcr0 = value;
        return SystemOp.Leave(s, o);
    }
}
