using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>Intercepts that need more than a bit: permission maps and the PAUSE filter.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private ulong _pausesLeft;
    private ulong _lastPause;

    /// <summary>RIP of the running far transfer, for an exit in the middle of it.</summary>
    public ulong FarTransferRip { get; set; }

    /// <summary>Whether the port permission map asks for an exit (AMD APM vol. 2 §15.10.1): one bit a port, any of the access's.</summary>
    public bool PortIntercepted(ushort port, int size)
    {
        ulong map = _vmcb.UInt64(VmcbOffsets.IopmBasePa) & ~0xFFFUL;
        Span<byte> bits = stackalloc byte[2];
        if (!Memory.TryRead(map + ((uint)port >> 3), bits))
        {
            return true;
        }

        int mask = ((1 << size) - 1) << (port & 7);
        return ((bits[0] | (bits[1] << 8)) & mask) != 0;
    }

    /// <summary>Whether the MSR permission map asks for an exit (§15.11): two bits an MSR, read and write; always for MSRs outside of it.</summary>
    public bool MsrIntercepted(uint msr, bool write)
    {
        uint group;
        switch (msr)
        {
            case < 0x2000:
                group = 0;
                break;
            case >= 0xC000_0000 and < 0xC000_2000:
                group = 0x800;
                break;
            case >= 0xC001_0000 and < 0xC001_2000:
                group = 0x1000;
                break;
            default:
                return true;
        }

        uint bit = ((msr & 0x1FFF) * 2) + (write ? 1u : 0);
        ulong address = (_vmcb.UInt64(VmcbOffsets.MsrpmBasePa) & ~0xFFFUL) + group + (bit >> 3);
        Span<byte> bits = stackalloc byte[1];
        return !Memory.TryRead(address, bits) || ((bits[0] >> (int)(bit & 7)) & 1) != 0;
    }

    /// <summary>
    /// Counts a PAUSE (§15.14.4): an exit when the counter has run out; PAUSEs further apart than the threshold start it anew.
    /// </summary>
    public bool PauseIntercepted()
    {
        if (!_vmcb.Intercepts(SvmIntercept.Pause))
        {
            return false;
        }

        ulong threshold = _vmcb.UInt16(VmcbOffsets.PauseFilterThreshold);
        if (threshold != 0)
        {
            ulong now = ReadTsc();
            if (now - _lastPause > threshold)
            {
                _pausesLeft = _vmcb.UInt16(VmcbOffsets.PauseFilterCount);
            }

            _lastPause = now;
        }

        if (_pausesLeft == 0)
        {
            return true;
        }

        _pausesLeft--;
        return false;
    }

    /// <summary>Leaves the guest before a task switch (§15.14.1): the target's checks are done, nothing has changed.</summary>
    public bool ExitOnTaskSwitch(ushort selector, TaskSwitchKind kind, uint? errorCode)
    {
        if (!_inGuestMode || !_vmcb.Intercepts(SvmIntercept.TaskSwitch))
        {
            return false;
        }

        const ulong Iret = 1UL << 36;
        const ulong FarJump = 1UL << 38;
        const ulong HasErrorCode = 1UL << 44;
        const ulong ResumeFlag = 1UL << 48;
        VpState* s = State;
        ulong info = kind switch { TaskSwitchKind.Iret => Iret, TaskSwitchKind.Jump => FarJump, _ => 0 };
        info |= errorCode is uint code ? HasErrorCode | code : 0;
        info |= (s->SystemFlags & Rflags.RF) != 0 ? ResumeFlag : 0;
        if (EventInDelivery == 0)
        {
            s->Rip = FarTransferRip;
        }

        ExitEvent(SvmExitCode.TaskSwitch, selector, info);
        return true;
    }

    private void ResetPauseFilter()
    {
        _pausesLeft = _vmcb.UInt16(VmcbOffsets.PauseFilterCount);
        _lastPause = ReadTsc();
    }
}
