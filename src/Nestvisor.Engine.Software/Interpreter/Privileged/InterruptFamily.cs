using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>INT n, INT3, INT1, INTO, BOUND, and the IRETs.</summary>
internal static unsafe class InterruptFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Int_imm8] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Immediate = i.Immediate8;
            op.Handler = &SoftwareInterrupt;
        };
        table[Code.Int3] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Breakpoint;
        table[Code.Int1] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &IceBreakpoint;
        table[Code.Into] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = &Overflow;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Bound_r16_m1616] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Handler = &Bound16;
        };
        table[Code.Bound_r32_m3232] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Handler = &Bound32;
        };
        table[Code.Iretw] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Iret16;
        table[Code.Iretd] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Iret32;
        table[Code.Iretq] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Iret64;
    }

    private static int SoftwareInterrupt(VpState* s, Op* o)
    {
        if (SystemOp.Virtual8086(s) && SystemOp.Iopl(s) < 3)
        {
            return Fault.GeneralProtection(s, 0);
        }

        SoftwareProcessor.Of(s).DeliverSoftware(EventKind.SoftwareInterrupt, (byte)o->Immediate, SystemOp.Rip(s, o), SystemOp.NextRip(s, o));
        return Status.Switched;
    }

    private static int Breakpoint(VpState* s, Op* o)
    {
        SoftwareProcessor.Of(s).DeliverSoftware(
            EventKind.Exception, (byte)ExceptionVector.Breakpoint, SystemOp.Rip(s, o), SystemOp.NextRip(s, o));
        return Status.Switched;
    }

    private static int IceBreakpoint(VpState* s, Op* o)
    {
        Fault.Raise(s, (int)ExceptionVector.Debug);
        s->Exception.IsTrap = true;
        return Status.Exception;
    }

    private static int Overflow(VpState* s, Op* o)
    {
        if (!LazyFlags.Of(s))
        {
            return SystemOp.Leave(s, o);
        }

        SoftwareProcessor.Of(s).DeliverSoftware(
            EventKind.Exception, (byte)ExceptionVector.Overflow, SystemOp.Rip(s, o), SystemOp.NextRip(s, o));
        return Status.Switched;
    }

    private static int Bound16(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out uint bounds);
        short value = Registers.Get<short>(s, o->Register1);
        return status == Status.Next && (value < (short)bounds || value > (short)(bounds >> 16))
            ? Fault.Raise(s, (int)ExceptionVector.BoundRange)
            : status;
    }

    private static int Bound32(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out ulong bounds);
        int value = Registers.Get<int>(s, o->Register1);
        return status == Status.Next && (value < (int)bounds || value > (int)(bounds >> 32))
            ? Fault.Raise(s, (int)ExceptionVector.BoundRange)
            : status;
    }

    private static int Iret16(VpState* s, Op* o) => Finish(s, FarReturn<TMemory>.Iret<ushort>(s));

    private static int Iret32(VpState* s, Op* o) => Finish(s, FarReturn<TMemory>.Iret<uint>(s));

    private static int Iret64(VpState* s, Op* o) => Finish(s, FarReturn<TMemory>.Iret<ulong>(s));

    private static int Finish(VpState* s, int status)
    {
        if (status == Status.Next)
        {
            // IRET serializes: what SystemOp.LeaveSerialized does.
            Interlocked.MemoryBarrier();
            SoftwareProcessor.Of(s).UnblockNmi();
            return Status.Leave;
        }

        return status;
    }
}
