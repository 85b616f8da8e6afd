using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Nested.Svm;

/// <summary>
/// L1's own state while its guest runs. Real processors keep it in the host save area; here it is out of L1's reach (AMD APM
/// vol. 2 §15.5.1 forbids to rely on that area's contents).
/// </summary>
internal struct HostWorld
{
    public SegmentRegister Es;
    public SegmentRegister Cs;
    public SegmentRegister Ss;
    public SegmentRegister Ds;
    public ulong GdtrBase;
    public ulong IdtrBase;
    public uint GdtrLimit;
    public uint IdtrLimit;
    public ulong Efer;
    public ulong Cr0;
    public ulong Cr3;
    public ulong Cr4;
    public ulong Rflags;
    public ulong Rip;
    public ulong Rsp;
    public ulong Rax;
    public ulong Pat;
    public ulong DebugCtl;
    public ulong BranchFrom;
    public ulong BranchTo;
    public ulong ExceptionFrom;
    public ulong ExceptionTo;

    /// <summary>VMRUN is single-stepped: its trap comes when it is complete, after the exit.</summary>
    public ulong SingleStep;
}
