using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Goes through all codes of a table.</summary>
internal sealed class OracleRun(
    NativeRunner runner, InstructionTable<HostMemory> table, int cases, int seed, int bitness = 64, IOracleSide? side = null)
{
    private const int EncodingsPerForm = 10;
    private readonly FormFactory _factory = new(runner.SlotOf(bitness), runner.LandingOf(bitness), bitness);
    private readonly FormChecker _checker = new(runner, side ?? new InterpreterSide(table, bitness), bitness);

    public void CheckAll(OracleReport report, List<string> failures)
    {
        foreach (Code code in Enum.GetValues<Code>())
        {
            string? excluded = Excluded(code);
            if (excluded is not null)
            {
                report.Exclude(code, excluded);
                continue;
            }

            bool covered = false;
            string reason = "";
            foreach (FormPrefix prefix in Prefixes(code))
            {
                foreach (bool memory in (ReadOnlySpan<bool>)[false, true])
                {
                    covered |= CheckForm(code, memory, prefix, report, failures, ref reason);
                }
            }

            if (covered)
            {
                report.Cover(code);
            }
            else
            {
                report.Exclude(code, reason);
            }
        }
    }

    /// <summary>Which codes a run compares, and why not the others; compares nothing.</summary>
    public string? WhyNot(Code code)
    {
        string? excluded = Excluded(code);
        if (excluded is not null)
        {
            return excluded;
        }

        string reason = "";
        foreach (bool memory in (ReadOnlySpan<bool>)[false, true])
        {
            if (_factory.TryCreate(new Random(1), code, memory, FormPrefix.None, out reason) is not null)
            {
                return null;
            }
        }

        return reason;
    }

    private bool CheckForm(Code code, bool memory, FormPrefix prefix, OracleReport report, List<string> failures, ref string reason)
    {
        Random random = new(seed ^ ((int)code * 8) ^ (memory ? 1 : 0) ^ ((int)prefix << 1));
        bool covered = false;
        for (int i = 0; i < EncodingsPerForm; i++)
        {
            Form? form = _factory.TryCreate(random, code, memory, prefix, out string why);
            if (form is null)
            {
                reason = reason.Length == 0 ? why : reason;
                return covered;
            }

            report.Forms += covered ? 0 : 1;
            covered = true;
            report.Cases += cases / EncodingsPerForm;
            string? difference = _checker.Check(form, random, cases / EncodingsPerForm, UndefinedFlags.Of(form.Instruction));
            if (difference is not null)
            {
                failures.Add(difference);
                break;
            }
        }

        return covered;
    }

    private string? Excluded(Code code)
    {
        if (table[code] is null)
        {
            return "not in the table";
        }

        if (code is Code.Pcommit)
        {
            return "no host has it: it was withdrawn";
        }

        OpCodeInfo info = code.ToOpCode();
        bool exists = bitness switch
        {
            64 => info.Mode64 && info.AmdDecoder64,
            32 => info.Mode32 && info.AmdDecoder32,
            _ => info.Mode16 && info.AmdDecoder16,
        };
        if (!exists)
        {
            return $"not in {bitness}-bit code";
        }

        // Its target would be below 64 KiB, where nothing can be mapped.
        return bitness != 16 && code is Code.Call_rm16 or Code.Jmp_rm16 or Code.Retnw or Code.Retnw_imm16 ? "16-bit target in 32- or 64-bit code" : null;
    }

    private static List<FormPrefix> Prefixes(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        List<FormPrefix> prefixes = [FormPrefix.None];
        if (info.CanUseLockPrefix)
        {
            prefixes.Add(FormPrefix.Lock);
        }

        if (info.CanUseRepPrefix)
        {
            prefixes.Add(FormPrefix.Rep);
        }

        if (info.CanUseRepnePrefix)
        {
            prefixes.Add(FormPrefix.Repne);
        }

        return prefixes;
    }
}
