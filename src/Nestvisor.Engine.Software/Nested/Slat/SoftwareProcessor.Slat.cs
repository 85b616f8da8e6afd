using Nestvisor.Engine.Software.Nested.Slat;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>Nested paging (AMD APM vol. 2 §15.25).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private readonly NestedTlb _nestedTlb = new();

    /// <summary>Translations of guest-physical addresses that needed no walk of the nested tables.</summary>
    public long NestedTlbHits { get; private set; }

    /// <summary>Those that needed one.</summary>
    public long NestedTlbMisses { get; private set; }

    /// <summary>
    /// Translates L2's guest-physical address to L1's physical one. The nested tables are in the format of L1's own paging
    /// mode, and every access counts as a user's (§15.25.5).
    /// </summary>
    /// <param name="guestPhysical">The address.</param>
    /// <param name="kind">What for.</param>
    /// <param name="stage">Bit 32 or 33 of EXITINFO1: the final access, or a read of L2's tables.</param>
    /// <param name="physical">L1's physical address.</param>
    /// <param name="writable">A write is known to be allowed too.</param>
    /// <param name="error">EXITINFO1 of the fault, if the result is false.</param>
    public bool TranslateNested(ulong guestPhysical, AccessKind kind, ulong stage, out ulong physical, out bool writable, out ulong error)
    {
        error = 0;
        if (_nestedTlb.TryFind(_asid, guestPhysical, kind, out physical, out writable))
        {
            NestedTlbHits++;
            return true;
        }

        NestedTlbMisses++;
        PageWalk walk = new()
        {
            Address = guestPhysical,
            Root = _vmcb.UInt64(VmcbOffsets.NestedCr3),
            Levels = (_host.Efer & Efer.LMA) != 0 ? 4 : (_host.Cr4 & Cr4.PAE) != 0 ? 3 : 2,
            Kind = kind,
            User = true,
            WriteProtect = true,
            Smep = (_host.Cr4 & Cr4.SMEP) != 0,
            NoExecute = (_host.Efer & Efer.NXE) != 0,
            PageSizeExtensions = (_host.Cr4 & Cr4.PSE) != 0,
        };
        if (walk.Levels != 4 && guestPhysical >> 32 != 0)
        {
            // Beyond what legacy and PAE tables can map.
            error = stage | PageFaultError.US | (kind == AccessKind.Write ? PageFaultError.RW : 0);
            return false;
        }

        if (_walker.Walk(ref walk) != WalkOutcome.Translated)
        {
            error = walk.Error | stage;
            return false;
        }

        physical = walk.Physical;
        writable = walk.Writable;
        _nestedTlb.Add(_asid, guestPhysical, kind, physical, writable);
        return true;
    }
}
