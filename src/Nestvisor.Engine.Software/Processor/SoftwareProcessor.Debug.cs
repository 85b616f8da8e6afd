using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Breakpoints and single step (AMD APM vol. 2 §13.1).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const ulong SingleStepBit = 1 << 14;
    private ulong _hits;

    /// <summary>Whether a data or I/O breakpoint is enabled: all accesses take the slow path.</summary>
    public bool DataBreakpointsArmed { get; private set; }

    /// <summary>Whether an instruction breakpoint is enabled: blocks have one instruction.</summary>
    public bool CodeBreakpointsArmed { get; private set; }

    /// <summary>Derives what DR7 arms; due after each change of DR7.</summary>
    public void UpdateBreakpoints()
    {
        DataBreakpointsArmed = false;
        CodeBreakpointsArmed = false;
        ulong dr7 = State->Dr[7];
        for (int i = 0; i < 4; i++)
        {
            if (((dr7 >> (i * 2)) & 3) != 0)
            {
                bool code = ((dr7 >> (16 + (i * 4))) & 3) == 0;
                CodeBreakpointsArmed |= code;
                DataBreakpointsArmed |= !code;
            }
        }
    }

    /// <summary>Notes the data breakpoints that an access hits; they trap after the instruction.</summary>
    public void CheckDataBreakpoints(ulong linear, int length, bool write)
    {
        for (int i = 0; i < 4; i++)
        {
            int kind = (int)(State->Dr[7] >> (16 + (i * 4))) & 3;
            if (kind == 3 || (kind == 1 && write))
            {
                NoteHit(i, linear, length);
            }
        }
    }

    /// <summary>Notes the I/O breakpoints that a port access hits.</summary>
    public void CheckPortBreakpoints(ushort port, int length)
    {
        for (int i = 0; i < 4 && (State->Cr4 & Cr4.DE) != 0; i++)
        {
            if (((State->Dr[7] >> (16 + (i * 4))) & 3) == 2)
            {
                NoteHit(i, port, length);
            }
        }
    }

    /// <summary>
    /// SYSCALL and SYSRET trap by the TF that they load, not by that of before: a kernel that masks TF is not stepped, and a
    /// return to a stepped program traps before its first instruction (Intel SDM vol. 3 §17.3.1.4).
    /// </summary>
    public void StepByNewFlags() => _singleStepArmed = (State->SystemFlags & Rflags.TF) != 0;

    // Instruction breakpoints fault before the instruction, unless RF says that it is being restarted.
    private bool HitsCodeBreakpoint(VpState* s, ulong linear)
    {
        if (!CodeBreakpointsArmed || (s->SystemFlags & Rflags.RF) != 0)
        {
            return false;
        }

        ulong hits = 0;
        for (int i = 0; i < 4; i++)
        {
            bool enabled = ((s->Dr[7] >> (i * 2)) & 3) != 0 && ((s->Dr[7] >> (16 + (i * 4))) & 3) == 0;
            hits |= enabled && s->Dr[i] == linear ? 1UL << i : 0;
        }

        if (hits == 0)
        {
            return false;
        }

        Fault.Raise(s, (int)ExceptionVector.Debug);
        s->Exception.Payload = hits;
        return true;
    }

    private void NoteHit(int i, ulong address, int length)
    {
        ulong dr7 = State->Dr[7];
        if (((dr7 >> (i * 2)) & 3) == 0)
        {
            return;
        }

        ulong size = ((dr7 >> (18 + (i * 4))) & 3) switch
        {
            0 => 1,
            1 => 2,
            2 => 8,
            _ => 4,
        };
        ulong start = State->Dr[i] & ~(size - 1);
        if (address < start + size && start < address + (ulong)length)
        {
            _hits |= 1UL << i;
        }
    }

    // After an instruction: the traps of single step and data breakpoints.
    private void CheckTraps(VpState* s)
    {
        // A load of SS holds them off until the next instruction is done (AMD APM vol. 2 §8.5, "debug exceptions").
        if ((s->InterruptShadow & ShadowSs) != 0)
        {
            return;
        }

        ulong payload = _hits | (_singleStepArmed ? SingleStepBit : 0);
        _hits = 0;
        if (payload != 0)
        {
            // The trap after HLT ends the halt.
            Activity = Virtualization.ProcessorActivity.Running;
            s->Exception = new PendingException { Vector = (byte)ExceptionVector.Debug, IsTrap = true, Payload = payload };
            DeliverException();
        }
    }
}
