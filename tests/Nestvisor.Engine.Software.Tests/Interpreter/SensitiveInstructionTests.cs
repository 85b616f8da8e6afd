using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Tests.Oracle;

namespace Nestvisor.Engine.Software.Tests.Interpreter;

/// <summary>
/// Instructions that are sensitive although they are unprivileged read or change the state of the processor: a family of plain
/// computation must not claim one of them.
/// </summary>
public sealed class SensitiveInstructionTests
{
    private static readonly Mnemonic[] s_sensitive =
    [
        Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr,
        Mnemonic.Verw, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq, Mnemonic.Pushf, Mnemonic.Pushfd, Mnemonic.Pushfq,
        Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase, Mnemonic.Rdpkru, Mnemonic.Wrpkru,
        Mnemonic.Xgetbv, Mnemonic.Xsave, Mnemonic.Xsave64, Mnemonic.Xrstor, Mnemonic.Xrstor64, Mnemonic.Fxsave, Mnemonic.Fnstenv,
        Mnemonic.Fnsave, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdpid, Mnemonic.Rdpru, Mnemonic.Cpuid, Mnemonic.Vmcall,
        Mnemonic.Vmmcall, Mnemonic.Monitorx, Mnemonic.Mwaitx, Mnemonic.Umwait, Mnemonic.Xbegin, Mnemonic.Sysenter, Mnemonic.Syscall,
        Mnemonic.Int, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Cli, Mnemonic.Sti, Mnemonic.Hlt,
    ];

    [Fact]
    public void IntegerFamilies_SensitiveInstructions_AreNotTheirs()
    {
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);

        Assert.DoesNotContain(Enum.GetValues<Code>(), code => table[code] is not null && s_sensitive.Contains(code.Mnemonic()));
        Assert.DoesNotContain(Enum.GetValues<Code>(), code => table[code] is not null && TouchesSystemRegister(code));
        Assert.DoesNotContain(Enum.GetValues<Code>(), code => table[code] is not null && code.ToOpCode().IsPrivileged);
    }

    /// <summary>In the whole table they belong to families that know of privilege, intercepts and the guest's own state.</summary>
    [Fact]
    public void CompleteTable_SensitiveInstructions_AreInFamiliesOfTheirOwn()
    {
        string[] own = ["Interpreter.Privileged.", "Nested.Svm.", "Vector.XSaveFamily", "Vector.FxSaveFamily", "X87.X87EnvironmentFamily"];
        List<string> others = [];
        int found = 0;
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (InstructionTable<FlatMemory>.Complete[code] is { } build
                && (s_sensitive.Contains(code.Mnemonic()) || TouchesSystemRegister(code) || code.ToOpCode().IsPrivileged))
            {
                found++;
                string family = build.Method.DeclaringType!.FullName!;
                if (!own.Any(name => family.Contains(name, StringComparison.Ordinal)))
                {
                    others.Add($"{code} in {family}");
                }
            }
        }

        Assert.Empty(others);
        Assert.True(found > 100, $"{found} codes");
    }

    private static bool TouchesSystemRegister(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            if (info.GetOpKind(i) is OpCodeOperandKind.seg_reg or OpCodeOperandKind.cr_reg or OpCodeOperandKind.dr_reg
                or OpCodeOperandKind.tr_reg or OpCodeOperandKind.es or OpCodeOperandKind.cs or OpCodeOperandKind.ss
                or OpCodeOperandKind.ds or OpCodeOperandKind.fs or OpCodeOperandKind.gs)
            {
                return true;
            }
        }

        return false;
    }
}
