using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>
/// The last branch (AMD APM vol. 2 §13.1.6), and LBR virtualization: DEBUGCTL and the last-branch registers change with the
/// world (§15.23).
/// </summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private bool _recordBranches;

    // While branches are recorded blocks have one instruction.
    private void UpdateBranchRecording() => _recordBranches = (_plainMsrs[Msr.DebugCtl] & 1) != 0;

    private void RecordBranch(VpState* s, Op* op)
    {
        ulong from = (s->BlockRip + op->Offset) & s->RipMask;
        if (op->Length != 0 && s->Rip != ((from + op->Length) & s->RipMask))
        {
            _plainMsrs[Msr.LastBranchFromIp] = from;
            _plainMsrs[Msr.LastBranchToIp] = s->Rip;
        }
    }

    private void LoadLastBranches()
    {
        _host.DebugCtl = _plainMsrs[Msr.DebugCtl];
        _host.BranchFrom = _plainMsrs[Msr.LastBranchFromIp];
        _host.BranchTo = _plainMsrs[Msr.LastBranchToIp];
        _host.ExceptionFrom = _plainMsrs[Msr.LastIntFromIp];
        _host.ExceptionTo = _plainMsrs[Msr.LastIntToIp];
        _plainMsrs[Msr.DebugCtl] = _vmcb.UInt64(VmcbOffsets.DebugCtl);
        _plainMsrs[Msr.LastBranchFromIp] = _vmcb.UInt64(VmcbOffsets.BranchFrom);
        _plainMsrs[Msr.LastBranchToIp] = _vmcb.UInt64(VmcbOffsets.BranchTo);
        _plainMsrs[Msr.LastIntFromIp] = _vmcb.UInt64(VmcbOffsets.LastExceptionFrom);
        _plainMsrs[Msr.LastIntToIp] = _vmcb.UInt64(VmcbOffsets.LastExceptionTo);
        UpdateBranchRecording();
    }

    private void SaveLastBranches()
    {
        _vmcb.UInt64(VmcbOffsets.DebugCtl) = _plainMsrs[Msr.DebugCtl];
        _vmcb.UInt64(VmcbOffsets.BranchFrom) = _plainMsrs[Msr.LastBranchFromIp];
        _vmcb.UInt64(VmcbOffsets.BranchTo) = _plainMsrs[Msr.LastBranchToIp];
        _vmcb.UInt64(VmcbOffsets.LastExceptionFrom) = _plainMsrs[Msr.LastIntFromIp];
        _vmcb.UInt64(VmcbOffsets.LastExceptionTo) = _plainMsrs[Msr.LastIntToIp];
        _plainMsrs[Msr.DebugCtl] = _host.DebugCtl;
        _plainMsrs[Msr.LastBranchFromIp] = _host.BranchFrom;
        _plainMsrs[Msr.LastBranchToIp] = _host.BranchTo;
        _plainMsrs[Msr.LastIntFromIp] = _host.ExceptionFrom;
        _plainMsrs[Msr.LastIntToIp] = _host.ExceptionTo;
        UpdateBranchRecording();
    }
}
