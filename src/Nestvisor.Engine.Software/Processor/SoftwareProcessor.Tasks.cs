using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>The ways into a hardware task switch.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    /// <summary>Far JMP or CALL to a TSS or a task gate. There are no task switches in long mode.</summary>
    public int SwitchTask(ushort selector, Descriptor descriptor, TaskSwitchKind kind)
    {
        VpState* s = State;
        uint code = selector & 0xFFFCu;
        bool gate = descriptor.Type == 5;
        bool tss = descriptor.Type is 1 or 9;
        if ((s->Efer & Efer.LMA) != 0 || (!gate && !tss) || descriptor.Dpl < s->Cpl || descriptor.Dpl < (selector & 3))
        {
            return Fault.GeneralProtection(s, code);
        }

        if (!descriptor.Present)
        {
            return Fault.SegmentNotPresent(s, code);
        }

        return TaskSwitcher.Switch(this, gate ? descriptor.GateSelector : selector, kind, errorCode: null);
    }

    /// <summary>IRET with NT set: back to the task that the running one is linked to.</summary>
    public int ReturnFromTask()
    {
        ushort link = 0;
        int status = ReadSystem(State->Tr.Base, &link, 2);
        return status == Status.Next ? TaskSwitcher.Switch(this, link, TaskSwitchKind.Iret, errorCode: null) : status;
    }

    /// <summary>Pushes the error code of an event that came through a task gate.</summary>
    public int PushErrorCode(uint errorCode, bool wide)
    {
        VpState* s = State;
        uint esp = (uint)s->Gpr[4];
        int status = PushValues(s->Ss, s->Cpl, ref esp, &errorCode, 1, wide ? 4 : 2, 0);
        if (status == Status.Next)
        {
            s->Gpr[4] = s->Ss.Big ? esp : (s->Gpr[4] & ~0xFFFFUL) | (esp & 0xFFFF);
        }

        return status;
    }

    private int TaskGate(ushort selector, bool hasErrorCode, uint errorCode, uint ext)
    {
        int status = TaskSwitcher.Switch(this, selector, TaskSwitchKind.Call, hasErrorCode ? errorCode : null);
        if (status == Status.Exception && State->Exception.HasErrorCode && State->Exception.Vector != (byte)ExceptionVector.PageFault)
        {
            State->Exception.ErrorCode |= ext;
        }

        return status;
    }
}
