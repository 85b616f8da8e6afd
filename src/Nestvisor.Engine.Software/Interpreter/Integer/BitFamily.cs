using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Bit scans and counts, BMI1, BMI2, ADX.</summary>
internal static class BitFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        ScanFamily<TMemory>.Register(table);
        OperationFamily<TMemory>.Binary<TzcntOperation>(table, Mnemonic.Tzcnt);
        OperationFamily<TMemory>.Binary<LzcntOperation>(table, Mnemonic.Lzcnt);
        OperationFamily<TMemory>.Binary<PopcntOperation>(table, Mnemonic.Popcnt);
        OperationFamily<TMemory>.Binary<BlsiOperation>(table, Mnemonic.Blsi);
        OperationFamily<TMemory>.Binary<BlsrOperation>(table, Mnemonic.Blsr);
        OperationFamily<TMemory>.Binary<BlsmskOperation>(table, Mnemonic.Blsmsk);
        OperationFamily<TMemory>.Binary<AdcxOperation>(table, Mnemonic.Adcx);
        OperationFamily<TMemory>.Binary<AdoxOperation>(table, Mnemonic.Adox);
        OperationFamily<TMemory>.Ternary<AndnOperation>(table, Mnemonic.Andn);
        OperationFamily<TMemory>.Ternary<BzhiOperation>(table, Mnemonic.Bzhi);
        OperationFamily<TMemory>.Ternary<PdepOperation>(table, Mnemonic.Pdep);
        OperationFamily<TMemory>.Ternary<PextOperation>(table, Mnemonic.Pext);
        OperationFamily<TMemory>.Ternary<ShlxOperation>(table, Mnemonic.Shlx);
        OperationFamily<TMemory>.Ternary<ShrxOperation>(table, Mnemonic.Shrx);
        OperationFamily<TMemory>.Ternary<SarxOperation>(table, Mnemonic.Sarx);
        OperationFamily<TMemory>.Ternary<RorxOperation>(table, Mnemonic.Rorx);

        // BEXTR with an immediate is TBM, which Zen does not have.
        table[Code.VEX_Bextr_r32_rm32_r32] = OperationFamily<TMemory>.BuildTernary<BextrOperation>;
        table[Code.VEX_Bextr_r64_rm64_r64] = OperationFamily<TMemory>.BuildTernary<BextrOperation>;
        ChecksumFamily<TMemory>.Register(table);
    }
}
