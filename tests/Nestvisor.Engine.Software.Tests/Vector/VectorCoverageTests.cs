using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter.Vector;

namespace Nestvisor.Engine.Software.Tests.Vector;

public sealed class VectorCoverageTests
{
    /// <summary>Every code of a provided feature has an entry, whichever family brings it.</summary>
    [Fact]
    public void ProvidedFeatures_AllCodes_HaveEntries()
    {
        List<Code> missing = [];
        int covered = 0;
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (code.Encoding() is not (EncodingKind.Legacy or EncodingKind.VEX) || !ProvidedFeatures.Covers(code) || !IsVector(code))
            {
                continue;
            }

            if (VectorMachine.Table[code] == null)
            {
                missing.Add(code);
            }
            else
            {
                covered++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{covered} vector and x87 codes covered; missing: {string.Join(' ', missing)}");
        Assert.Empty(missing);
    }

    private static bool IsVector(Code code) => code.CpuidFeatures() is not [CpuidFeature.CMOV];
}
