using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm.State;

/// <summary>A processor's whole state between the kernel and <see cref="ProcessorState"/>, in an order the kernel accepts.</summary>
internal sealed class KvmProcessorState(KvmMsrList msrs, KvmExtendedState extended, KvmNestedState nested, CpuProfile profile)
{
    public ProcessorState Read(FileDescriptor processor)
    {
        ProcessorState state = new();
        KvmRegisterState.Read(processor, state);
        extended.Read(processor, state);
        msrs.Read(processor, state);
        KvmDevice.Call(processor, KvmIoctl.GetLapic, state.LocalApic.AsSpan(), "read the local APIC");
        KvmEventState.Read(processor, state);
        nested.Read(processor, state);
        return state;
    }

    public void Write(FileDescriptor processor, ProcessorState state)
    {
        // EFER.SVME and CR4.VMXE come before the nested state, the APIC's base before its registers, the APIC before its timer's
        // deadline (an MSR), and the activity last, since it is what an interrupt would change.
        KvmRegisterState.WriteSystem(processor, state);
        nested.Write(processor, state);
        KvmRegisterState.WriteGeneral(processor, state);
        extended.Write(processor, state);
        KvmDevice.Call(processor, KvmIoctl.SetLapic, state.LocalApic.AsSpan(), "set the local APIC");
        KvmMsrList.Write(processor, state);
        KvmRegisterState.WriteDebug(processor, state);
        KvmEventState.Write(processor, state);
    }

    /// <summary>The state after power-on (Intel SDM vol. 3 table 10-1), with MSRs and local APIC as the kernel made them.</summary>
    public ProcessorState CreateReset(ProcessorState initial, int index)
    {
        ProcessorState state = new()
        {
            Rip = 0xFFF0,
            Cr0 = 0x6000_0010,
            GdtrLimit = 0xFFFF,
            IdtrLimit = 0xFFFF,
            Ldtr = new SegmentState(0, 0x82, 0xFFFF, 0),
            Tr = new SegmentState(0, 0x8B, 0xFFFF, 0),
            Activity = index == 0 ? ProcessorActivity.Running : ProcessorActivity.WaitForSipi,
        };
        state.Gpr[2] = profile[1, 0].Eax;
        state.Segments.AsSpan().Fill(new SegmentState(0, 0x93, 0xFFFF, 0));
        state.Segments[1] = new SegmentState(0xF000, 0x9B, 0xFFFF, 0xFFFF_0000);
        state.Dr[6] = 0xFFFF_0FF0;
        state.Dr[7] = 0x400;

        // FCW 0040h, tags 5555h (abridged: all valid), MXCSR 1F80h.
        state.Fx[0] = 0x40;
        state.Fx[4] = 0xFF;
        state.Fx[24] = 0x80;
        state.Fx[25] = 0x1F;
        initial.LocalApic.CopyTo(state.LocalApic, 0);
        foreach ((uint msr, ulong value) in initial.Msrs)
        {
            // The processors' counters stay synchronous.
            if (msr is not (Msr.Tsc or Msr.TscAdjust))
            {
                state.Msrs[msr] = value;
            }
        }

        return state;
    }
}
