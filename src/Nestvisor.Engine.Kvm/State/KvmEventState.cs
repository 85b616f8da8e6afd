using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Kvm.State;

/// <summary>Pending events, shadows and activity, between the kernel and <see cref="ProcessorState"/>.</summary>
internal static class KvmEventState
{
    // EVENTINJ (AMD APM vol. 2 §15.20): vector 7:0, type 10:8, error code valid 11, valid 31, error code 63:32.
    private const ulong Valid = 1UL << 31;
    private const ulong HasErrorCode = 1UL << 11;
    private const int ExternalInterrupt = 0;
    private const int Nmi = 2;
    private const int Exception = 3;
    private const int SoftwareInterrupt = 4;

    // KVM_MP_STATE_*.
    private const uint Runnable = 0;
    private const uint Uninitialized = 1;
    private const uint InitReceived = 2;
    private const uint Halted = 3;

    public static void Read(FileDescriptor processor, ProcessorState state)
    {
        KvmVcpuEvents events = default;
        KvmDevice.Call(processor, KvmIoctl.GetVcpuEvents, ref events, "read the pending events");

        // KVM's shadow has MOV SS in bit 0 and STI in bit 1.
        state.InterruptShadow = (byte)(((events.InterruptShadow >> 1) & 1) | ((events.InterruptShadow & 1) << 1));
        state.NmiBlocked = events.NmiMasked != 0;
        state.NmiPending = events.NmiPending != 0;
        state.PendingEvent = Pending(events);

        uint activity = 0;
        KvmDevice.Call(processor, KvmIoctl.GetMpState, ref activity, "read the activity");
        state.Activity = activity switch
        {
            Uninitialized or InitReceived => ProcessorActivity.WaitForSipi,
            Halted => ProcessorActivity.Halted,
            _ => ProcessorActivity.Running,
        };
    }

    public static void Write(FileDescriptor processor, ProcessorState state)
    {
        KvmVcpuEvents events = new()
        {
            InterruptShadow = (byte)(((state.InterruptShadow >> 1) & 1) | ((state.InterruptShadow & 1) << 1)),
            NmiMasked = state.NmiBlocked ? (byte)1 : (byte)0,
            NmiPending = state.NmiPending ? (byte)1 : (byte)0,
            Flags = KvmVcpuEvents.ValidNmiPending | KvmVcpuEvents.ValidShadow,
        };
        if ((state.PendingEvent & Valid) != 0)
        {
            byte vector = (byte)state.PendingEvent;
            int type = (int)(state.PendingEvent >> 8) & 7;
            switch (type)
            {
                case Exception:
                    events.ExceptionInjected = 1;
                    events.ExceptionVector = vector;
                    events.ExceptionHasErrorCode = (state.PendingEvent & HasErrorCode) != 0 ? (byte)1 : (byte)0;
                    events.ExceptionErrorCode = (uint)(state.PendingEvent >> 32);
                    break;
                case Nmi:
                    events.NmiInjected = 1;
                    break;
                case ExternalInterrupt or SoftwareInterrupt:
                    events.InterruptInjected = 1;
                    events.InterruptVector = vector;
                    events.InterruptSoft = type == SoftwareInterrupt ? (byte)1 : (byte)0;
                    break;
                default:
                    throw new InvalidDataException($"The pending event {state.PendingEvent:X}h has the undefined type {type}.");
            }
        }

        KvmDevice.Call(processor, KvmIoctl.SetVcpuEvents, ref events, "set the pending events");

        uint activity = state.Activity switch
        {
            ProcessorActivity.WaitForSipi => InitReceived,
            ProcessorActivity.Halted => Halted,
            _ => Runnable,
        };
        KvmDevice.Call(processor, KvmIoctl.SetMpState, ref activity, "set the activity");
    }

    private static ulong Pending(in KvmVcpuEvents events)
    {
        if (events.ExceptionInjected != 0)
        {
            ulong error = events.ExceptionHasErrorCode != 0 ? HasErrorCode | ((ulong)events.ExceptionErrorCode << 32) : 0;
            return Valid | (Exception << 8) | events.ExceptionVector | error;
        }

        if (events.NmiInjected != 0)
        {
            return Valid | (Nmi << 8) | 2;
        }

        return events.InterruptInjected == 0
            ? 0
            : Valid | ((ulong)(events.InterruptSoft != 0 ? SoftwareInterrupt : ExternalInterrupt) << 8) | events.InterruptVector;
    }
}
