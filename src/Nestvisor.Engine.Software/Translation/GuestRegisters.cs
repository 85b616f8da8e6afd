using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Which host register holds which of the guest's while translated code runs. RAX and RCX are scratch (LAHF and SAHF want AH,
/// shifts CL), RSP is the frame; the guest's RAX, RCX and RSP live in R9, R10 and R11, and its R9, R10 and R11 in memory.
/// </summary>
internal static class GuestRegisters
{
    /// <summary>Scratch, and what LAHF, SAHF, MUL and CMPXCHG use.</summary>
    public const int Rax = 0;

    /// <summary>Scratch: addresses, and the count of shifts.</summary>
    public const int Rcx = 1;

    /// <summary>Host registers by number.</summary>
    public const int Rdx = 2;
    public const int Rbp = 5;
    public const int Rsi = 6;
    public const int Rdi = 7;

    /// <summary>Holds the guest's RAX.</summary>
    public const int GuestRax = 9;

    /// <summary>Holds the guest's RCX.</summary>
    public const int GuestRcx = 10;

    /// <summary>Holds the guest's RSP.</summary>
    public const int GuestRsp = 11;

    /// <summary>In memory.</summary>
    public const int InMemory = -1;

    private static ReadOnlySpan<sbyte> Hosts => [9, 10, 2, 3, 11, 5, 6, 7, 8, -1, -1, -1, 12, 13, 14, 15];

    /// <summary>The host register of a guest's; <see cref="InMemory"/> for those that have none.</summary>
    public static int Host(int guest) => Hosts[guest];

    /// <summary>Iced's register of a size for a host register.</summary>
    public static Register Sized(int host, int size) => size switch
    {
        1 => host < 4 ? Register.AL + host : Register.SPL + (host - 4),
        2 => Register.AX + host,
        4 => Register.EAX + host,
        _ => Register.RAX + host,
    };

    /// <summary>AH, CH, DH or BH.</summary>
    public static bool IsHighByte(Register register) => register is >= Register.AH and <= Register.BH;
}
