using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Segmentation;

/// <summary>Reads descriptors from GDT and LDT.</summary>
internal static unsafe class DescriptorTables
{
    /// <summary>Reads the descriptor of a selector.</summary>
    /// <param name="p">The processor.</param>
    /// <param name="selector">The selector; not null.</param>
    /// <param name="wide">A 16-byte system descriptor is expected (long mode).</param>
    /// <param name="vector">Exception when the selector is outside its table.</param>
    /// <param name="descriptor">The descriptor.</param>
    public static int Read(SoftwareProcessor p, ushort selector, bool wide, int vector, out Descriptor descriptor)
    {
        int status = Locate(p, selector, wide ? 16 : 8, vector, out ulong address);
        ulong* words = stackalloc ulong[2];
        words[1] = 0;
        if (status == Status.Next)
        {
            status = p.ReadSystem(address, words, wide ? 16 : 8);
        }

        descriptor = new Descriptor(words[0], words[1]);
        return status;
    }

    /// <summary>Sets the accessed bit of a code or data descriptor.</summary>
    public static int SetAccessed(SoftwareProcessor p, ushort selector, ref Descriptor descriptor) =>
        descriptor.Accessed ? Status.Next : OrType(p, selector, ref descriptor, 1);

    /// <summary>Sets bits in a descriptor's type byte.</summary>
    public static int OrType(SoftwareProcessor p, ushort selector, ref Descriptor descriptor, byte bits)
    {
        int status = Locate(p, selector, 8, (int)X64.ExceptionVector.GeneralProtection, out ulong address);
        byte access = (byte)((descriptor.Low >> 40) | bits);
        if (status == Status.Next)
        {
            status = p.WriteSystem(address + 5, &access, 1);
        }

        descriptor = descriptor with { Low = descriptor.Low | ((ulong)bits << 40) };
        return status;
    }

    /// <summary>Clears bits in a descriptor's type byte.</summary>
    public static int ClearType(SoftwareProcessor p, ushort selector, byte bits)
    {
        int status = Locate(p, selector, 8, (int)X64.ExceptionVector.InvalidTss, out ulong address);
        byte access = 0;
        if (status == Status.Next)
        {
            status = p.ReadSystem(address + 5, &access, 1);
        }

        if (status == Status.Next)
        {
            access &= (byte)~bits;
            status = p.WriteSystem(address + 5, &access, 1);
        }

        return status;
    }

    private static int Locate(SoftwareProcessor p, ushort selector, int size, int vector, out ulong address)
    {
        VpState* s = p.State;
        uint limit = s->GdtrLimit;
        address = s->GdtrBase;
        bool exists = true;
        if ((selector & 4) != 0)
        {
            exists = s->Ldtr.Present && (s->Ldtr.Selector & 0xFFFC) != 0;
            limit = s->Ldtr.Limit;
            address = s->Ldtr.Base;
        }

        uint offset = (uint)(selector & 0xFFF8);
        address += offset;
        return exists && offset + (uint)size - 1 <= limit
            ? Status.Next
            : Fault.RaiseWithCode(s, vector, (uint)(selector & 0xFFFC));
    }
}
