using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

/// <summary>L2 in 32-bit code.</summary>
public sealed class LegacyCodeOfL2Tests
{
    private const int Rounds = 20;
    private const int PushFlagsAt = 7;

    /// <summary>An intercept that L1 sets is obeyed by code that has run without it.</summary>
    [Fact]
    public void Loop_InterceptSetLater_ExitsAtTheInstruction()
    {
        using NestedGuest n = new();
        n.SetSegment(VmcbOffsets.Cs, new SegmentState(BareGuest.CodeSelector, 0xC9B, uint.MaxValue, 0));
        n.Code(
            a =>
            {
                Label again = a.CreateLabel();
                a.xor(ebx, ebx);
                a.mov(ecx, Rounds);
                a.Label(ref again);
                a.pushfd();
                a.pop(edx);
                a.and(edx, 2);
                a.add(ebx, edx);
                a.dec(ecx);
                a.jne(again);
                NestedGuest.Vmmcall(a);
            },
            bitness: 32);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
        Assert.Equal(2UL * Rounds, n.Guest.Processor.GetState().Gpr[3]);

        n.Intercept(SvmIntercept.Pushf);
        n[VmcbOffsets.Rip] = NestedGuest.GuestCode;
        Assert.Equal(SvmExitCode.Pushf, n.Enter());
        Assert.Equal(NestedGuest.GuestCode + PushFlagsAt, n.Rip);
    }
}
