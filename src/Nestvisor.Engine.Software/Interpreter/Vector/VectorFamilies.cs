using Nestvisor.Engine.Software.Interpreter.X87;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>All families of x87, MMX, SSE and AVX instructions.</summary>
internal static class VectorFamilies<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MoveFamily<TMemory>.Register(table);
        BitwiseFamily<TMemory>.Register(table);
        MxcsrFamily<TMemory>.Register(table);
        FxSaveFamily<TMemory>.Register(table);
        XSaveFamily<TMemory>.Register(table);
        GatherFamily<TMemory>.Register(table);
        MaskMoveFamily<TMemory>.Register(table);
        ByteMaskFamily<TMemory>.Register(table);
        X87Family<TMemory>.Register(table);
        X87EnvironmentFamily<TMemory>.Register(table);
        X87StateFamily<TMemory>.Register(table);

        // Last: it takes what the others left.
        NativeFamily<TMemory>.Register(table);
    }
}
