using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Segmentation;

/// <summary>Loads LDTR and TR.</summary>
internal static unsafe class SystemSegments
{
    private const int Ldt = 2;
    private const int AvailableTss16 = 1;
    private const int AvailableTss = 9;
    private const byte BusyBit = 2;

    /// <summary>LLDT or LTR.</summary>
    public static int Load(SoftwareProcessor p, ushort selector, bool task)
    {
        VpState* s = p.State;
        if ((selector & 0xFFFC) == 0)
        {
            if (task)
            {
                return Fault.GeneralProtection(s, 0);
            }

            s->Ldtr = new SegmentRegister { Selector = selector };
            return Status.Next;
        }

        uint code = selector & 0xFFFCu;
        if ((selector & 4) != 0)
        {
            return Fault.GeneralProtection(s, code);
        }

        bool wide = (s->Efer & Efer.LMA) != 0;
        int status = DescriptorTables.Read(p, selector, wide, (int)ExceptionVector.GeneralProtection, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        bool typeFits = !descriptor.CodeOrData
            && (task ? descriptor.Type == AvailableTss || (descriptor.Type == AvailableTss16 && !wide) : descriptor.Type == Ldt);
        if (!typeFits || (wide && !CpuLimits.IsCanonical(descriptor.Base64)))
        {
            return Fault.GeneralProtection(s, code);
        }

        if (!descriptor.Present)
        {
            return Fault.SegmentNotPresent(s, code);
        }

        SegmentRegister register = descriptor.ToRegister(selector);
        register.Base = wide ? descriptor.Base64 : descriptor.Base32;
        if (task)
        {
            status = DescriptorTables.OrType(p, selector, ref descriptor, BusyBit);
            if (status != Status.Next)
            {
                return status;
            }

            register.Attributes |= BusyBit;
            s->Tr = register;
        }
        else
        {
            s->Ldtr = register;
        }

        return Status.Next;
    }
}
