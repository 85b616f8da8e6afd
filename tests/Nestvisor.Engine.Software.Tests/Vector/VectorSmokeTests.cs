using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Vector;

public sealed unsafe class VectorSmokeTests
{
    [Fact]
    public void Addsd_TwoRegisters_AddsLowLaneAndKeepsTheRest()
    {
        using VectorMachine machine = new();
        ((double*)VectorArea.Low(machine.State, 9))[0] = 1.5;
        ((double*)VectorArea.Low(machine.State, 9))[1] = 7;
        ((double*)VectorArea.Low(machine.State, 2))[0] = 2.25;
        Assert.Equal(Status.Next, machine.Run([0xF2, 0x44, 0x0F, 0x58, 0xCA])); // addsd xmm9, xmm2
        Assert.Equal(3.75, ((double*)VectorArea.Low(machine.State, 9))[0]);
        Assert.Equal(7, ((double*)VectorArea.Low(machine.State, 9))[1]);
    }

    [Fact]
    public void Divsd_ByZeroUnmasked_RaisesXmAndKeepsDestination()
    {
        using VectorMachine machine = new();
        *VectorArea.MxcsrOf(machine.State) = 0x1F80 & ~0x200u;
        *(double*)VectorArea.Low(machine.State, 1) = 1;
        Assert.Equal(Status.Exception, machine.Run([0xF2, 0x0F, 0x5E, 0xCA])); // divsd xmm1, xmm2
        Assert.Equal((byte)ExceptionVector.Simd, machine.State->Exception.Vector);
        Assert.Equal(1, *(double*)VectorArea.Low(machine.State, 1));
        Assert.Equal(0x1D84u, *VectorArea.MxcsrOf(machine.State));
    }

    [Fact]
    public void Cvttsd2si_ToRdi_WritesGeneralRegister()
    {
        using VectorMachine machine = new();
        *(double*)VectorArea.Low(machine.State, 1) = -42.7;
        Assert.Equal(Status.Next, machine.Run([0xF2, 0x48, 0x0F, 0x2C, 0xF9])); // cvttsd2si rdi, xmm1
        Assert.Equal(-42, (long)machine.State->Gpr[7]);
    }

    [Fact]
    public void Vpaddd_Ymm_AddsBothHalves()
    {
        using VectorMachine machine = new();
        (*VectorArea.Low(machine.State, 2)).AsSpan().Fill(1);
        (*VectorArea.High(machine.State, 2)).AsSpan().Fill(2);
        (*VectorArea.Low(machine.State, 11)).AsSpan().Fill(4);
        (*VectorArea.High(machine.State, 11)).AsSpan().Fill(8);
        Assert.Equal(Status.Next, machine.Run([0xC4, 0xC1, 0x6D, 0xFE, 0xCB])); // vpaddd ymm1, ymm2, ymm11
        Assert.Equal(0x05, ((byte*)VectorArea.Low(machine.State, 1))[15]);
        Assert.Equal(0x0A, ((byte*)VectorArea.High(machine.State, 1))[15]);
    }

    [Fact]
    public void Ucomisd_Unordered_SetsFlags()
    {
        using VectorMachine machine = new();
        *(double*)VectorArea.Low(machine.State, 1) = double.NaN;
        Assert.Equal(Status.Next, machine.Run([0x66, 0x0F, 0x2E, 0xCA])); // ucomisd xmm1, xmm2
        Assert.Equal(Rflags.ZF | Rflags.PF | Rflags.CF, State.LazyFlags.Read(machine.State) & 0xFFF & ~2ul);
    }

    [Fact]
    public void X87_LoadAddStore_LeavesGuestPointers()
    {
        using VectorMachine machine = new();
        *(double*)BareMemory.Window = 1.25;
        machine.State->Gpr[0] = BareMemory.Base;
        Assert.Equal(Status.Next, machine.Run([0xDD, 0x00])); // fld qword [rax]
        Assert.Equal(Status.Next, machine.Run([0xD8, 0xC0])); // fadd st, st
        Assert.Equal(Status.Next, machine.Run([0xDD, 0x58, 0x08])); // fstp qword [rax+8]
        Assert.Equal(2.5, ((double*)BareMemory.Window)[1]);
        Assert.Equal(0x400000ul, *(ulong*)(machine.State->Vector + VectorArea.Fip));
        Assert.Equal(BareMemory.Base + 8, *(ulong*)(machine.State->Vector + VectorArea.Fdp));
        Assert.Equal(0x558, *(ushort*)(machine.State->Vector + VectorArea.Fop));
    }

    [Fact]
    public void Fdiv_ByZeroUnmasked_RaisesMfAtTheNextInstruction()
    {
        using VectorMachine machine = new();
        *(ushort*)machine.State->Vector = 0x37B;
        Assert.Equal(Status.Next, machine.Run([0xD9, 0xE8])); // fld1
        Assert.Equal(Status.Next, machine.Run([0xD9, 0xEE])); // fldz
        Assert.Equal(Status.Next, machine.Run([0xDC, 0xF9])); // fdiv st(1), st
        Assert.Equal(0x8084, *(ushort*)(machine.State->Vector + VectorArea.Fsw) & 0x80FF);
        Assert.Equal(Status.Exception, machine.Run([0xD9, 0xE8]));
        Assert.Equal((byte)ExceptionVector.X87, machine.State->Exception.Vector);
        Assert.Equal(Status.Next, machine.Run([0xDB, 0xE3])); // fninit
        Assert.Equal(Status.Next, machine.Run([0xD9, 0xE8]));
    }

    [Fact]
    public void Paddb_Mmx_SetsTagsAndExponents()
    {
        using VectorMachine machine = new();
        machine.State->Gpr[0] = BareMemory.Base;
        *(ulong*)BareMemory.Window = 0x0102030405060708;
        Assert.Equal(Status.Next, machine.Run([0x0F, 0xFC, 0x08])); // paddb mm1, [rax]
        Assert.Equal(0x0102030405060708ul, *(ulong*)(machine.State->Vector + VectorArea.X87Registers + 16));
        Assert.Equal(0xFFFF, *(ushort*)(machine.State->Vector + VectorArea.X87Registers + 24));
        Assert.Equal(0xFF, machine.State->Vector[VectorArea.Ftw]);
        Assert.Equal(Status.Next, machine.Run([0x0F, 0x77])); // emms
        Assert.Equal(0, machine.State->Vector[VectorArea.Ftw]);
    }

    [Fact]
    public void Pcmpistri_FindsByte_SetsEcxAndFlags()
    {
        using VectorMachine machine = new();
        ((byte*)VectorArea.Low(machine.State, 1))[0] = (byte)'x';
        "abcx"u8.CopyTo(new Span<byte>(VectorArea.Low(machine.State, 2), 16));
        Assert.Equal(Status.Next, machine.Run([0x66, 0x0F, 0x3A, 0x63, 0xCA, 0x00])); // pcmpistri xmm1, xmm2, 0
        Assert.Equal(3ul, machine.State->Gpr[1]);
        Assert.True(State.LazyFlags.Cf(machine.State));
    }

    [Fact]
    public void Addps_MisalignedMemory_IsGeneralProtection()
    {
        using VectorMachine machine = new();
        machine.State->Gpr[0] = BareMemory.Base + 4;
        Assert.Equal(Status.Exception, machine.Run([0x0F, 0x58, 0x08])); // addps xmm1, [rax]
        Assert.Equal((byte)ExceptionVector.GeneralProtection, machine.State->Exception.Vector);
        Assert.Equal(Status.Next, machine.Run([0xC5, 0xF0, 0x58, 0x08])); // vaddps xmm1, xmm1, [rax]
    }
}

file static unsafe class VectorSpan
{
    public static Span<byte> AsSpan(this ref System.Runtime.Intrinsics.Vector128<byte> vector) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref vector, 1));
}
