using Nestvisor.X64.Svm;

namespace Nestvisor.X64.Tests.Svm;

public sealed class SvmInterceptTests
{
    [Fact]
    public void Intercept_Each_CausesTheExitCodeOfItsName()
    {
        foreach (SvmIntercept intercept in Enum.GetValues<SvmIntercept>())
        {
            Assert.Equal(intercept.ToString(), ((SvmExitCode)(0x60 + (int)intercept)).ToString());
        }
    }

    [Theory]
    [InlineData(SvmExitCode.Shutdown, 0x7F)]
    [InlineData(SvmExitCode.Vmrun, 0x80)]
    [InlineData(SvmExitCode.Xsetbv, 0x8D)]
    [InlineData(SvmExitCode.WriteCr15Trap, 0x9F)]
    [InlineData(SvmExitCode.Invpcid, 0xA2)]
    [InlineData(SvmExitCode.Invalid, -1)]
    public void ExitCode_Value_IsTheManuals(SvmExitCode code, long value) => Assert.Equal(value, (long)code);
}
