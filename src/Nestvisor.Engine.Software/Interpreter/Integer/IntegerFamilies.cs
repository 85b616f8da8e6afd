namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>All families of integer instructions.</summary>
internal static class IntegerFamilies<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        ArithmeticFamily<TMemory>.Register(table);
        ShiftFamily<TMemory>.Register(table);
        MoveFamily<TMemory>.Register(table);
        ExtendFamily<TMemory>.Register(table);
        ConditionFamily<TMemory>.Register(table);
        StackFamily<TMemory>.Register(table);
        ExchangeFamily<TMemory>.Register(table);
        BitTestFamily<TMemory>.Register(table);
        BitFamily<TMemory>.Register(table);
        MultiplyFamily<TMemory>.Register(table);
        DivideFamily<TMemory>.Register(table);
        FlagFamily<TMemory>.Register(table);
        StringFamily<TMemory>.Register(table);
        DecimalFamily<TMemory>.Register(table);
        HintFamily<TMemory>.Register(table);
    }
}
