using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software;

/// <summary>AMD-V for the guest: the processor outside guest mode.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private bool _initPending;

    /// <summary>Whether an L2 runs.</summary>
    public bool InGuestMode => false;

    /// <summary>Whether guest-physical addresses go through nested tables.</summary>
    public bool NestedPaging => false;

    /// <summary>The running world's ASID; 0 is L1 itself.</summary>
    public uint CurrentAsid => 0;

    private bool NestedEventsPending => _initPending;

    private bool HoldsInit => false;

    /// <summary>Translates L2's guest-physical address to L1's physical one.</summary>
    public bool TranslateNested(ulong guestPhysical, AccessKind kind, ulong stage, out ulong physical, out bool writable, out ulong error)
    {
        physical = guestPhysical;
        writable = true;
        error = 0;
        return true;
    }

    private bool HandleNestedEvents(out bool taken)
    {
        taken = false;
        return false;
    }

    private bool InterceptsInit() => false;

    private bool ExitOnException(byte vector, bool hasErrorCode, ulong errorCode) => false;

    private bool ExitOnShutdown() => false;

    private const ushort NestedStateApicField = 100;

    private long WorldSwitches => 0;

    private void ResetNested()
    {
    }

    private void SaveNested(Virtualization.StateWriter writer)
    {
    }

    private void RestoreNested(Virtualization.StateReader reader)
    {
    }

    private void UnblockVirtualNmi()
    {
    }

    /// <summary>The time-stamp counter that the running world sees.</summary>
    public ulong ReadGuestTsc() => ReadTsc();

    private static ulong GuestCr8(ulong physical) => physical;

    private static bool SetGuestCr8(ulong value) => false;

    private bool MayChangeSvme(ulong efer) => (efer & X64.Efer.SVME) == 0;

    private bool TryReadSvmMsr(uint msr, out ulong value)
    {
        value = 0;
        return false;
    }

    private bool TryWriteSvmMsr(uint msr, ulong value) => false;

    private void ExitNestedPageFault(in PendingException exception)
    {
    }
}
