using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Raises guest exceptions from handlers: <c>return Fault.GeneralProtection(s, 0);</c></summary>
internal static unsafe class Fault
{
    public static int DivideError(VpState* s) => Raise(s, (int)ExceptionVector.DivideError);

    public static int InvalidOpcode(VpState* s) => Raise(s, (int)ExceptionVector.InvalidOpcode);

    public static int DeviceNotAvailable(VpState* s) => Raise(s, (int)ExceptionVector.DeviceNotAvailable);

    public static int GeneralProtection(VpState* s, uint errorCode) => RaiseWithCode(s, (int)ExceptionVector.GeneralProtection, errorCode);

    public static int StackFault(VpState* s, uint errorCode) => RaiseWithCode(s, (int)ExceptionVector.Stack, errorCode);

    public static int SegmentNotPresent(VpState* s, uint errorCode) => RaiseWithCode(s, (int)ExceptionVector.SegmentNotPresent, errorCode);

    public static int InvalidTss(VpState* s, uint errorCode) => RaiseWithCode(s, (int)ExceptionVector.InvalidTss, errorCode);

    public static int AlignmentCheck(VpState* s) => RaiseWithCode(s, (int)ExceptionVector.AlignmentCheck, 0);

    public static int PageFault(VpState* s, ulong linear, ulong errorCode)
    {
        RaiseWithCode(s, (int)ExceptionVector.PageFault, errorCode);
        s->Exception.Payload = linear;
        return Status.Exception;
    }

    public static int Raise(VpState* s, int vector)
    {
        s->Exception = new PendingException { Vector = (byte)vector };
        return Status.Exception;
    }

    public static int RaiseWithCode(VpState* s, int vector, ulong errorCode)
    {
        s->Exception = new PendingException { Vector = (byte)vector, HasErrorCode = true, ErrorCode = errorCode };
        return Status.Exception;
    }
}
