using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>LBR virtualization: DEBUGCTL and the last-branch registers change with the world (AMD APM vol. 2 §15.23).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
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
    }
}
