using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>ADD to XOR, CMP, TEST, INC, DEC, NEG, NOT.</summary>
internal static class ArithmeticFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        OperationFamily<TMemory>.Binary<AddOperation>(table, Mnemonic.Add);
        OperationFamily<TMemory>.Binary<OrOperation>(table, Mnemonic.Or);
        OperationFamily<TMemory>.Binary<AdcOperation>(table, Mnemonic.Adc);
        OperationFamily<TMemory>.Binary<SbbOperation>(table, Mnemonic.Sbb);
        OperationFamily<TMemory>.Binary<AndOperation>(table, Mnemonic.And);
        OperationFamily<TMemory>.Binary<SubOperation>(table, Mnemonic.Sub);
        OperationFamily<TMemory>.Binary<XorOperation>(table, Mnemonic.Xor);
        OperationFamily<TMemory>.Binary<CmpOperation>(table, Mnemonic.Cmp);
        OperationFamily<TMemory>.Binary<TestOperation>(table, Mnemonic.Test);
        OperationFamily<TMemory>.Binary<IncOperation>(table, Mnemonic.Inc);
        OperationFamily<TMemory>.Binary<DecOperation>(table, Mnemonic.Dec);
        OperationFamily<TMemory>.Binary<NegOperation>(table, Mnemonic.Neg);
        OperationFamily<TMemory>.Binary<NotOperation>(table, Mnemonic.Not);
    }
}
