using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Shifts and rotates by 1, by CL and by an immediate.</summary>
internal static class ShiftFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        OperationFamily<TMemory>.Binary<ShlOperation>(table, Mnemonic.Shl);
        OperationFamily<TMemory>.Binary<ShlOperation>(table, Mnemonic.Sal);
        OperationFamily<TMemory>.Binary<ShrOperation>(table, Mnemonic.Shr);
        OperationFamily<TMemory>.Binary<SarOperation>(table, Mnemonic.Sar);
        OperationFamily<TMemory>.Binary<RolOperation>(table, Mnemonic.Rol);
        OperationFamily<TMemory>.Binary<RorOperation>(table, Mnemonic.Ror);
        OperationFamily<TMemory>.Binary<RclOperation>(table, Mnemonic.Rcl);
        OperationFamily<TMemory>.Binary<RcrOperation>(table, Mnemonic.Rcr);
        DoubleShiftFamily<TMemory>.Register(table);
    }
}
