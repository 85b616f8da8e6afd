using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Paging;

namespace Nestvisor.Engine.Software.State;

/// <summary>
/// What SYSCALL and SYSRET change, ready for translated code: the two worlds between which they go in 64-bit mode. Made again
/// whenever something of it may have changed.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FastCalls
{
    /// <summary>Mode word of the code that SYSCALL comes from and SYSRET goes to; 0 if they are to be interpreted.</summary>
    public uint UserMode;

    /// <summary>Mode word of the code that SYSCALL goes to and SYSRET comes from; 0 if they are to be interpreted.</summary>
    public uint KernelMode;

    /// <summary>Salts of the jump cache for these modes.</summary>
    public ulong UserSalt;
    public ulong KernelSalt;

    /// <summary>What <see cref="VpState.ReadTlb"/> is in these modes, RFLAGS.AC clear.</summary>
    public TlbEntry* UserTlb;
    public TlbEntry* KernelTlb;

    /// <summary>LSTAR: where SYSCALL goes.</summary>
    public ulong Target;

    /// <summary>Bits of <see cref="VpState.SystemFlags"/> that SYSCALL keeps.</summary>
    public ulong KeptFlags;

    /// <summary>Bits of <see cref="VpState.NativeFlags"/> that SYSCALL keeps.</summary>
    public uint KeptNativeFlags;

    /// <summary>Selector of the stack segment after SYSRET.</summary>
    public uint UserSs;

    public SegmentRegister KernelCs;
    public SegmentRegister KernelSs;
    public SegmentRegister UserCs;
}
