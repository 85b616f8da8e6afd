using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

public sealed class ProtectionKeyTests
{
    private const ulong Page = 0x80_0000;
    private const ulong Key = 2;
    private const uint AccessDisable = 1u << (int)(Key * 2);
    private const uint WriteDisable = 2u << (int)(Key * 2);
    private const ulong Frame = 0x13_0000;
    private const ulong Handler = 0x11_0000;
    private const ulong UserPage = 7;
    private const ulong SupervisorPage = 3;

    public static TheoryData<uint, bool, bool, ulong, ulong> UserCases => new()
    {
        // PKRU, CR0.WP, write, page, expected error code (all ones: no fault)
        { 0, true, true, UserPage, ulong.MaxValue },
        { AccessDisable, true, false, UserPage, PageFaultError.P | PageFaultError.PK },
        { AccessDisable, true, true, UserPage, PageFaultError.P | PageFaultError.RW | PageFaultError.PK },
        { WriteDisable, true, false, UserPage, ulong.MaxValue },
        { WriteDisable, true, true, UserPage, PageFaultError.P | PageFaultError.RW | PageFaultError.PK },
        { WriteDisable, false, true, UserPage, ulong.MaxValue },
        { AccessDisable | WriteDisable, true, true, SupervisorPage, ulong.MaxValue },
    };

    [Theory]
    [MemberData(nameof(UserCases))]
    public void Access_UserKeys_FaultsAsPkruSays(uint pkru, bool writeProtect, bool write, ulong rights, ulong expected)
    {
        using BareGuest guest = Prepare(rights, Cr4.PKE, writeProtect);
        guest.Run(a =>
        {
            // The first access fills the inline tables, which must not outlive the change of PKRU.
            a.mov(ebx, (int)Page);
            a.mov(__dword_ptr[rbx], 1);
            a.xor(ecx, ecx);
            a.xor(edx, edx);
            a.mov(eax, (int)pkru);
            a.wrpkru();
            a.rdpkru();
            a.mov(esi, eax);
            Touch(a, write);
        });
        Assert.Equal(expected, guest.Read(Frame));
        Assert.Equal(pkru, guest.Processor.GetState().Gpr[6]);
    }

    [Theory]
    [InlineData(AccessDisable, false, SupervisorPage, PageFaultError.P | PageFaultError.PK)]
    [InlineData(WriteDisable, true, SupervisorPage, PageFaultError.P | PageFaultError.RW | PageFaultError.PK)]
    [InlineData(AccessDisable, false, UserPage, ulong.MaxValue)]
    public void Access_SupervisorKeys_FaultsAsPkrsSays(uint pkrs, bool write, ulong rights, ulong expected)
    {
        using BareGuest guest = Prepare(rights, Cr4.PKS, writeProtect: true);
        guest.Run(a =>
        {
            a.mov(ebx, (int)Page);
            a.mov(__dword_ptr[rbx], 1);
            a.mov(ecx, (int)Msr.Pkrs);
            a.xor(edx, edx);
            a.mov(eax, (int)pkrs);
            a.wrmsr();
            Touch(a, write);
        });
        Assert.Equal(expected, guest.Read(Frame));
    }

    [Fact]
    public void Wrpkru_WithoutPke_IsUndefined()
    {
        using BareGuest guest = new();
        guest.Run(a => a.wrpkru());
        Assert.Equal(6, guest.UnexpectedVector);
    }

    private static BareGuest Prepare(ulong rights, ulong cr4, bool writeProtect)
    {
        BareGuest guest = new();
        ProcessorState state = BareGuest.EntryState();
        state.Cr4 |= cr4;
        state.Cr0 = writeProtect ? state.Cr0 : state.Cr0 & ~Cr0.WP;
        guest.Processor.SetState(state);
        guest.Write(BareGuest.PageDirectory + ((Page >> 21) * 8), Page | 0x80 | rights | (Key << 59));
        guest.Write(Frame, ulong.MaxValue);
        guest.Assemble(Handler, a =>
        {
            a.pop(rax);
            a.mov(edi, (int)Frame);
            a.mov(__qword_ptr[rdi], rax);
            BareGuest.Stop(a);
        });
        guest.SetGate(14, Handler);

        // The tables' other pages have key 0 and are user pages too; the upper levels allow user access.
        return guest;
    }

    private static void Touch(Iced.Intel.Assembler a, bool write)
    {
        if (write)
        {
            a.mov(__dword_ptr[rbx], 2);
        }
        else
        {
            a.mov(eax, __dword_ptr[rbx]);
        }

        BareGuest.Stop(a);
    }
}
