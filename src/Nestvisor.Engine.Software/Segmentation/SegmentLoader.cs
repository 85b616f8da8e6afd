using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Segmentation;

/// <summary>Loads data and stack segment registers (AMD APM vol. 2 §4.5, vol. 3 MOV).</summary>
internal static unsafe class SegmentLoader
{
    private const int Ss = 2;

    /// <summary>Loads ES, SS, DS, FS or GS as MOV does.</summary>
    /// <param name="p">The processor.</param>
    /// <param name="segment">0 ES, 2 SS, 3 DS, 4 FS, 5 GS.</param>
    /// <param name="selector">The selector.</param>
    public static int Load(SoftwareProcessor p, int segment, ushort selector)
    {
        VpState* s = p.State;
        SegmentRegister* register = &s->Es + segment;
        if ((s->Cr0 & Cr0.PE) == 0 || (s->SystemFlags & Rflags.VM) != 0)
        {
            register->Selector = selector;
            register->Base = (ulong)selector << 4;
            if ((s->SystemFlags & Rflags.VM) != 0)
            {
                register->Limit = 0xFFFF;
                register->Attributes = 0xF3;
            }

            return Status.Next;
        }

        if ((selector & 0xFFFC) == 0)
        {
            return LoadNull(s, segment, selector);
        }

        int status = DescriptorTables.Read(p, selector, wide: false, (int)ExceptionVector.GeneralProtection, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        uint code = selector & 0xFFFCu;
        int rpl = selector & 3;
        if (segment == Ss)
        {
            if (rpl != s->Cpl || !descriptor.CodeOrData || descriptor.IsCode || !descriptor.WritableOrReadable || descriptor.Dpl != s->Cpl)
            {
                return Fault.GeneralProtection(s, code);
            }

            if (!descriptor.Present)
            {
                return Fault.StackFault(s, code);
            }
        }
        else
        {
            bool readable = descriptor.CodeOrData && (!descriptor.IsCode || descriptor.WritableOrReadable);
            bool conforming = descriptor.IsCode && descriptor.Conforming;
            if (!readable || (!conforming && (rpl > descriptor.Dpl || s->Cpl > descriptor.Dpl)))
            {
                return Fault.GeneralProtection(s, code);
            }

            if (!descriptor.Present)
            {
                return Fault.SegmentNotPresent(s, code);
            }
        }

        status = DescriptorTables.SetAccessed(p, selector, ref descriptor);
        if (status == Status.Next)
        {
            *register = descriptor.ToRegister(selector);
        }

        return status;
    }

    /// <summary>Makes data segments null that an outer privilege level must not see (returns to it).</summary>
    public static void DropInner(VpState* s)
    {
        for (int segment = 0; segment < 6; segment++)
        {
            SegmentRegister* register = &s->Es + segment;
            bool conforming = register->IsCode && register->ConformingOrExpandDown;

            // A register that is null already keeps its base: in 64-bit mode FS and GS live on it.
            bool loaded = (register->Selector & 0xFFFC) != 0;
            if (segment is not (1 or Ss) && loaded && !conforming && register->Dpl < s->Cpl)
            {
                // The return empties the register, but is no load of a null selector: the base stays.
                *register = new SegmentRegister { Base = register->Base };
            }
        }
    }

    private static int LoadNull(VpState* s, int segment, ushort selector)
    {
        SegmentRegister* register = &s->Es + segment;
        if (segment != Ss)
        {
            *register = new SegmentRegister { Selector = selector };
            return Status.Next;
        }

        // A null SS is for 64-bit mode below CPL 3, with RPL = CPL.
        if ((s->Efer & Efer.LMA) == 0 || !s->Cs.Long || s->Cpl == 3 || (selector & 3) != s->Cpl)
        {
            return Fault.GeneralProtection(s, 0);
        }

        *register = new SegmentRegister { Selector = selector, Attributes = (ushort)(0x93 | (s->Cpl << 5) | 0xC00), Limit = uint.MaxValue };
        return Status.Next;
    }
}
