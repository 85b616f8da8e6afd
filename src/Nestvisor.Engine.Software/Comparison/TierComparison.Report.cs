using System.Globalization;
using System.Text;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Inspection;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>What is told of a difference.</summary>
internal sealed unsafe partial class TierComparison
{
    private const int MostBytes = 16;

    private string Describe(Outcome outcome)
    {
        Block* block = _translation->Block;
        StateImage actual = default;
        actual.Save(_s, _vectors);
        StringBuilder text = new();
        Add($"Native code differs from the interpreter in block {BlockName.Of(block->Physical, new BlockMode(block->Mode))} ");
        Add($"at RIP {_pageBase + (block->Physical & 0xFFF):x}, run from operation {_first} on:\n");
        AddEnd(outcome);
        for (int i = 0; i < 16; i++)
        {
            AddValue(Name(Register.RAX + i), actual.Gpr[i], _expected->Gpr[i]);
        }

        AddValue("rflags", actual.AllFlags, _expected->AllFlags);
        for (int i = 0; i < 6; i++)
        {
            AddValue($"base of {Name(Register.ES + i)}", actual.SegmentBase[i], _expected->SegmentBase[i]);
        }

        AddValue("gs", actual.GsBase, _expected->GsBase);
        AddValue("KernelGSBase", actual.KernelGsBase, _expected->KernelGsBase);
        AddValue("shadow of STI", actual.InterruptShadow, _expected->InterruptShadow);
        AddSystem();
        AddVectors();
        AddMemory();
        byte[] code = new ReadOnlySpan<byte>(_processor.Memory.Base + block->Physical, block->Bytes).ToArray();
        text.Append(TranslationDump.Show(_cache, block, code, _processor.Index, BlockDecoder.OptionsFor(_processor.Partition.Profile)));
        return text.ToString();

        void Add(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture));

        void AddValue(string name, ulong native, ulong interpreted)
        {
            if (native != interpreted)
            {
                Add($"  {name}: native {native:x}, interpreted {interpreted:x}\n");
            }
        }

        void AddEnd(Outcome end)
        {
            string native = EndName(end.End, actual.Rip);
            string interpreted = EndName(_expectedEnd, _expected->Rip);
            if (!IsOfThisBlock(end.Site))
            {
                Add($"  left at the site {end.Site.Value:x}, which is not of this block\n");
            }
            else if (native != interpreted)
            {
                Add($"  end: native {native}, interpreted {interpreted}\n");
            }

            if (!end.Tables)
            {
                Add($"  the inline tables are not those of RFLAGS.AC\n");
            }
        }

        void AddSystem()
        {
            int at = _system->Different(_s);
            if (at >= 0)
            {
                Add($"  system registers, byte {at} from VpState.Es on: native {((byte*)&_s->Es)[at]:x}\n");
            }
        }

        void AddVectors()
        {
            int at = _vectors ? _expected->DifferentVector(_s->Vector) : -1;
            if (at >= 0)
            {
                Add($"  x87 and vector state, byte {at} of the XSAVE area: native {_s->Vector[at]:x}, interpreted {_expected->Vector[at]:x}\n");
            }
        }

        void AddMemory()
        {
            if (_memory.FindDifference(out ulong host, out ReadOnlySpan<byte> native, out ReadOnlySpan<byte> interpreted))
            {
                int bytes = Math.Min(native.Length, MostBytes);
                Add($"  memory at {host - (ulong)_processor.Memory.Base:x}: ");
                Add($"native {Convert.ToHexStringLower(native[..bytes])}, interpreted {Convert.ToHexStringLower(interpreted[..bytes])}\n");
            }
        }
    }

    private static string EndName(int end, ulong rip) =>
        end == ByWay
            ? string.Create(CultureInfo.InvariantCulture, $"goes to {rip:x}")
            : string.Create(CultureInfo.InvariantCulture, $"leaves at operation {end}");

    private static string Name(Register register) => register.ToString().ToLowerInvariant();
}
