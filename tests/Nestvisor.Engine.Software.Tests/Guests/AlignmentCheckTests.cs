using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>#AC: at CPL 3 with CR0.AM and RFLAGS.AC (AMD APM vol. 2 §8.2.18).</summary>
public sealed class AlignmentCheckTests
{
    private const ulong Data = 0x30_0000;

    public static TheoryData<int, bool, bool, int, string, bool> Cases => new()
    {
        // offset, CR0.AM, RFLAGS.AC, CPL, access, faults
        { 4, true, true, 3, "read", true },
        { 4, true, true, 3, "write", true },
        { 4, true, true, 3, "modify", true },
        { 1, true, true, 3, "word", true },
        { 1, true, true, 3, "byte", false },
        { 8, true, true, 3, "read", false },
        { 4, false, true, 3, "read", false },
        { 4, true, false, 3, "read", false },
        { 4, true, true, 0, "read", false },
        { 4, true, true, 3, "vector", false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Access_AtAnOffset_FaultsIfMisalignedAndChecked(int offset, bool mask, bool flag, int privilege, string access, bool faults)
    {
        using BareGuest guest = new();
        ProcessorState state = BareGuest.EntryState();
        state.Cr0 = mask ? state.Cr0 | Cr0.AM : state.Cr0 & ~Cr0.AM;
        state.Rflags |= Rflags.IOPL | (flag ? Rflags.AC : 0);
        if (privilege == 3)
        {
            state.Segments[1] = state.Segments[1] with { Selector = 0x2B, Attributes = 0xAFB };
            state.Segments[2] = state.Segments[2] with { Selector = 0x23, Attributes = 0xCF3 };
        }

        guest.Processor.SetState(state);
        guest.Write(BareGuest.Tss + 4, BareGuest.StackTop);
        guest.Run(a =>
        {
            a.mov(ebx, (int)Data + offset);
            switch (access)
            {
                case "read":
                    a.mov(rax, __qword_ptr[rbx]);
                    break;
                case "write":
                    a.mov(__qword_ptr[rbx], rax);
                    break;
                case "modify":
                    a.inc(__qword_ptr[rbx]);
                    break;
                case "word":
                    a.mov(__word_ptr[rbx], ax);
                    break;
                case "byte":
                    a.mov(__byte_ptr[rbx], al);
                    break;
                case "vector":
                    a.movups(xmm0, __xmmword_ptr[rbx]);
                    break;
            }

            BareGuest.Stop(a);
        });

        Assert.Equal(faults ? (int)ExceptionVector.AlignmentCheck : -1, guest.UnexpectedVector);
    }
}
