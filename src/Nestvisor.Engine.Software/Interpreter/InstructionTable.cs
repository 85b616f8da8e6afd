using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter.Privileged;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>
/// Which instructions exist, and how each becomes an <see cref="Op"/>: one entry for each of Iced's codes, for one way to reach
/// memory. What has no entry is #UD.
/// </summary>
/// <typeparam name="TMemory">How handlers reach memory.</typeparam>
internal sealed class InstructionTable<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private readonly OpBuild?[] _builds = new OpBuild?[5000];

    /// <summary>Gets or registers how an instruction is built.</summary>
    public OpBuild? this[Code code]
    {
        get => _builds[(int)code];
        set => _builds[(int)code] = value;
    }

    /// <summary>The table with every family registered.</summary>
    public static InstructionTable<TMemory> Complete { get; } = CreateComplete();

    private static InstructionTable<TMemory> CreateComplete()
    {
        InstructionTable<TMemory> table = new();
        Integer.IntegerFamilies<TMemory>.Register(table);
        Vector.VectorFamilies<TMemory>.Register(table);
        ControlRegisterFamily<TMemory>.Register(table);
        ProcessorFamily<TMemory>.Register(table);
        FlagsFamily<TMemory>.Register(table);
        TableFamily<TMemory>.Register(table);
        IoFamily<TMemory>.Register(table);
        SegmentFamily<TMemory>.Register(table);
        FastCallFamily<TMemory>.Register(table);
        InterruptFamily<TMemory>.Register(table);
        FarTransferFamily<TMemory>.Register(table);
        VerifyFamily<TMemory>.Register(table);
        Nested.Svm.SvmFamily<TMemory>.Register(table);
        return table;
    }
}
