using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// Moves between vector registers, general registers and memory, without a stub: they are what copying loops are made of.
/// <see cref="Op.Register1"/> and <see cref="Op.Register2"/> are vector register numbers, or offsets of general registers.
/// </summary>
internal static unsafe class MoveHandlers<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>xmm1 = xmm2.</summary>
    public static int Copy128(VpState* s, Op* o)
    {
        *VectorArea.Low(s, o->Register1) = *VectorArea.Low(s, o->Register2);
        return Status.Next;
    }

    /// <summary>VEX.128: xmm1 = xmm2, upper half zero.</summary>
    public static int CopyZeroing(VpState* s, Op* o)
    {
        *VectorArea.High(s, o->Register1) = default;
        return Copy128(s, o);
    }

    /// <summary>ymm1 = ymm2.</summary>
    public static int Copy256(VpState* s, Op* o)
    {
        *VectorArea.High(s, o->Register1) = *VectorArea.High(s, o->Register2);
        return Copy128(s, o);
    }

    /// <summary>xmm1 = m128.</summary>
    public static int Load128(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out Vector128<byte> value);
        if (status == Status.Next)
        {
            *VectorArea.Low(s, o->Register1) = value;
        }

        return status;
    }

    /// <summary>As <see cref="Load128"/>, aligned.</summary>
    public static int LoadAligned128(VpState* s, Op* o) =>
        SimdFault.Misaligned(s, o, 16) ? Fault.GeneralProtection(s, 0) : Load128(s, o);

    /// <summary>VEX.128: xmm1 = m128, upper half zero.</summary>
    public static int LoadZeroing128(VpState* s, Op* o)
    {
        int status = Load128(s, o);
        if (status == Status.Next)
        {
            *VectorArea.High(s, o->Register1) = default;
        }

        return status;
    }

    /// <summary>As <see cref="LoadZeroing128"/>, aligned.</summary>
    public static int LoadZeroingAligned128(VpState* s, Op* o) =>
        SimdFault.Misaligned(s, o, 16) ? Fault.GeneralProtection(s, 0) : LoadZeroing128(s, o);

    /// <summary>ymm1 = m256.</summary>
    public static int Load256(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out Vector256<byte> value);
        if (status == Status.Next)
        {
            *VectorArea.Low(s, o->Register1) = value.GetLower();
            *VectorArea.High(s, o->Register1) = value.GetUpper();
        }

        return status;
    }

    /// <summary>As <see cref="Load256"/>, aligned.</summary>
    public static int LoadAligned256(VpState* s, Op* o) =>
        SimdFault.Misaligned(s, o, 32) ? Fault.GeneralProtection(s, 0) : Load256(s, o);

    /// <summary>m128 = xmm1.</summary>
    public static int Store128(VpState* s, Op* o) => TMemory.Write(s, o, *VectorArea.Low(s, o->Register1));

    /// <summary>As <see cref="Store128"/>, aligned.</summary>
    public static int StoreAligned128(VpState* s, Op* o) =>
        SimdFault.Misaligned(s, o, 16) ? Fault.GeneralProtection(s, 0) : Store128(s, o);

    /// <summary>m256 = ymm1.</summary>
    public static int Store256(VpState* s, Op* o) =>
        TMemory.Write(s, o, Vector256.Create(*VectorArea.Low(s, o->Register1), *VectorArea.High(s, o->Register1)));

    /// <summary>As <see cref="Store256"/>, aligned.</summary>
    public static int StoreAligned256(VpState* s, Op* o) =>
        SimdFault.Misaligned(s, o, 32) ? Fault.GeneralProtection(s, 0) : Store256(s, o);

    /// <summary>A memory element to the lowest lane, the other lanes of the lower half zero (MOVD, MOVQ, MOVSS, MOVSD).</summary>
    public static int LoadElement<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = TMemory.Read(s, o, out T value);
        if (status == Status.Next)
        {
            SetLow(s, o, value);
        }

        return status;
    }

    /// <summary>As <see cref="LoadElement"/>, upper half zero too.</summary>
    public static int LoadElementZeroing<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = LoadElement<T>(s, o);
        if (status == Status.Next)
        {
            *VectorArea.High(s, o->Register1) = default;
        }

        return status;
    }

    /// <summary>Memory = the lowest lane.</summary>
    public static int StoreElement<T>(VpState* s, Op* o)
        where T : unmanaged =>
        TMemory.Write(s, o, *(T*)VectorArea.Low(s, o->Register1));

    /// <summary>Memory = the upper quadword (MOVHPS, MOVHPD).</summary>
    public static int StoreUpper(VpState* s, Op* o) => TMemory.Write(s, o, ((ulong*)VectorArea.Low(s, o->Register1))[1]);

    /// <summary>One quadword from memory, the other kept (MOVLPS, MOVLPD: index 0; MOVHPS, MOVHPD: 1).</summary>
    public static int LoadHalf(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out ulong value);
        if (status == Status.Next)
        {
            ((ulong*)VectorArea.Low(s, o->Register1))[o->Register2] = value;
        }

        return status;
    }

    /// <summary>The lowest lane from another register, the rest kept (MOVSS, MOVSD).</summary>
    public static int MergeElement<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        *(T*)VectorArea.Low(s, o->Register1) = *(T*)VectorArea.Low(s, o->Register2);
        return Status.Next;
    }

    /// <summary>The lowest lane from another register, the rest of the lower half zero (MOVQ).</summary>
    public static int CopyElement<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        SetLow(s, o, *(T*)VectorArea.Low(s, o->Register2));
        return Status.Next;
    }

    /// <summary>Lowest lane = general register.</summary>
    public static int FromGeneral<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        SetLow(s, o, Registers.Get<T>(s, o->Register2));
        return Status.Next;
    }

    /// <summary>As <see cref="FromGeneral"/>, upper half zero too.</summary>
    public static int FromGeneralZeroing<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        *VectorArea.High(s, o->Register1) = default;
        return FromGeneral<T>(s, o);
    }

    /// <summary>General register = lowest lane.</summary>
    public static int ToGeneral<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        Registers.Set(s, o->Register2, *(T*)VectorArea.Low(s, o->Register1));
        return Status.Next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetLow<T>(VpState* s, Op* o, T value)
        where T : unmanaged
    {
        Vector128<byte> result = default;
        *(T*)&result = value;
        *VectorArea.Low(s, o->Register1) = result;
    }
}
