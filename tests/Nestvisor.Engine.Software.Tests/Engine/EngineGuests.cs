using Iced.Intel;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>Pieces of code that many guests need.</summary>
internal static unsafe class EngineGuests
{
    /// <summary>WRMSR; RAX, RCX and RDX are lost.</summary>
    public static void Wrmsr(Assembler a, uint msr, ulong value)
    {
        a.mov(ecx, msr);
        a.mov(eax, (uint)value);
        a.mov(edx, (uint)(value >> 32));
        a.wrmsr();
    }

    /// <summary>x2APIC mode, software-enabled.</summary>
    public static void EnableApic(Assembler a)
    {
        // The flag of the bootstrap processor stays as it is.
        a.mov(ecx, Msr.ApicBase);
        a.rdmsr();
        a.or(eax, 0xC00);
        a.wrmsr();
        Wrmsr(a, Msr.X2ApicFirst + 0xF, 0x1FF);
    }
}
