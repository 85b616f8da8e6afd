using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>I/O ports.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const uint IoMapBaseOffset = 0x66;

    /// <summary>Checks the right to a port: IOPL, else the permission bitmap of the task (AMD APM vol. 2 §12.2.4).</summary>
    public int CheckPort(ushort port, int size)
    {
        VpState* s = State;
        bool virtual8086 = (s->SystemFlags & Rflags.VM) != 0;
        bool allowed = (s->Cr0 & Cr0.PE) == 0 || (!virtual8086 && s->Cpl <= (int)((s->SystemFlags >> 12) & 3));
        if (!allowed)
        {
            int status = CheckIoMap(s, port, size);
            if (status != Status.Next)
            {
                return status;
            }
        }

        if (DataBreakpointsArmed)
        {
            CheckPortBreakpoints(port, size);
        }

        return Status.Next;
    }

    /// <summary>Reads a port; the right has been checked.</summary>
    public uint ReadPort(ushort port, int size)
    {
        LeaveGuest();
        uint value = _bus.ReadPort(port, size);
        EnterGuest();
        return value;
    }

    /// <summary>Writes a port; the right has been checked.</summary>
    public void WritePort(ushort port, int size, uint value)
    {
        LeaveGuest();
        _bus.WritePort(port, size, value);
        EnterGuest();
    }

    private int CheckIoMap(VpState* s, ushort port, int size)
    {
        // Only a 32- or 64-bit TSS has a map.
        if (!s->Tr.Present || (s->Tr.Type & 8) == 0 || s->Tr.Limit < IoMapBaseOffset + 1)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ushort map = 0;
        int status = ReadSystem(s->Tr.Base + IoMapBaseOffset, &map, 2);
        if (status != Status.Next)
        {
            return status;
        }

        // Two bytes are read always, so the map ends with a byte of ones.
        uint at = (uint)map + (port / 8u);
        if (at + 1 > s->Tr.Limit)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ushort bits = 0;
        status = ReadSystem(s->Tr.Base + at, &bits, 2);
        if (status != Status.Next)
        {
            return status;
        }

        return ((bits >> (port & 7)) & ((1 << size) - 1)) == 0 ? Status.Next : Fault.GeneralProtection(s, 0);
    }
}
