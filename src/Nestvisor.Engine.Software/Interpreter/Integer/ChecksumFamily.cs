using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>CRC32 (the Castagnoli polynomial).</summary>
internal static unsafe class ChecksumFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table) => MnemonicCodes.Register(table, Mnemonic.Crc32, Build);

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) == OperandShape.RegisterMemory;
        op.Handler = IntegerOperands.Size(instruction, 1) switch
        {
            1 => memory ? &OnMemory<byte> : &OnRegister<byte>,
            2 => memory ? &OnMemory<ushort> : &OnRegister<ushort>,
            4 => memory ? &OnMemory<uint> : &OnRegister<uint>,
            _ => memory ? &OnMemory<ulong> : &OnRegister<ulong>,
        };
    }

    private static int OnRegister<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        Registers.Set(s, o->Register1, Update(Registers.Get<uint>(s, o->Register1), Registers.Get<T>(s, o->Register2)));
        return Status.Next;
    }

    private static int OnMemory<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = TMemory.Read(s, o, out T data);
        if (status == Status.Next)
        {
            Registers.Set(s, o->Register1, Update(Registers.Get<uint>(s, o->Register1), data));
        }

        return status;
    }

    private static uint Update<T>(uint crc, T data)
        where T : unmanaged
    {
        ulong bits = IntegerBits.Zero(data);
        return sizeof(T) switch
        {
            1 => BitOperations.Crc32C(crc, (byte)bits),
            2 => BitOperations.Crc32C(crc, (ushort)bits),
            4 => BitOperations.Crc32C(crc, (uint)bits),
            _ => BitOperations.Crc32C(crc, bits),
        };
    }
}
