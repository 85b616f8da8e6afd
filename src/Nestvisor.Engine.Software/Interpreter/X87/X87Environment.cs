using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>The x87 environment in memory: four formats, by operand size and mode (AMD APM vol. 2 figures 11-3 to 11-6).</summary>
internal static unsafe class X87Environment
{
    /// <summary>64-bit code: the protected-mode format without selectors.</summary>
    public const int Flat = 0;

    /// <summary>Offsets and selectors.</summary>
    public const int Protected = 1;

    /// <summary>Real and virtual-8086 mode: linear addresses in pieces.</summary>
    public const int Real = 2;

    /// <summary>Composes an environment of 14 or 28 bytes.</summary>
    public static void Compose(VpState* s, byte* image, int size, int format)
    {
        byte* area = s->Vector;
        ushort fcw = *(ushort*)(area + VectorArea.Fcw);
        ushort fsw = *(ushort*)(area + VectorArea.Fsw);
        ushort tags = X87Stack.FullTags(s);
        uint fop = *(ushort*)(area + VectorArea.Fop);
        (uint fip, ushort fcs) = Pointer(area + VectorArea.Fip, format);
        (uint fdp, ushort fds) = Pointer(area + VectorArea.Fdp, format);
        if (size == 14)
        {
            ushort* words = (ushort*)image;
            words[0] = fcw;
            words[1] = fsw;
            words[2] = tags;
            words[3] = (ushort)fip;
            words[4] = format == Real ? (ushort)(((fip >> 4) & 0xF000) | fop) : fcs;
            words[5] = (ushort)fdp;
            words[6] = format == Real ? (ushort)((fdp >> 4) & 0xF000) : fds;
            return;
        }

        uint* doublewords = (uint*)image;
        doublewords[0] = 0xFFFF0000 | fcw;
        doublewords[1] = 0xFFFF0000 | fsw;
        doublewords[2] = 0xFFFF0000 | tags;
        if (format == Real)
        {
            doublewords[3] = 0xFFFF0000 | fip;
            doublewords[4] = (fip >> 16 << 12) | fop;
            doublewords[5] = 0xFFFF0000 | fdp;
            doublewords[6] = fdp >> 16 << 12;
            return;
        }

        doublewords[3] = fip;
        doublewords[4] = (fop << 16) | fcs;
        doublewords[5] = fdp;
        doublewords[6] = 0xFFFF0000 | fds;
    }

    /// <summary>Loads an environment; a pending unmasked exception shows in FSW.ES afterwards.</summary>
    public static void Load(VpState* s, byte* image, int size, int format)
    {
        byte* area = s->Vector;
        int step = size == 14 ? 2 : 4;
        ushort fcw = *(ushort*)image;
        ushort fsw = *(ushort*)(image + step);
        ushort tags = *(ushort*)(image + (2 * step));
        uint fip;
        uint fdp;
        uint fop = 0;
        uint fcs = 0;
        uint fds = 0;
        if (size == 14)
        {
            ushort* words = (ushort*)image;
            fip = words[3];
            fdp = words[5];
            if (format == Real)
            {
                fip |= (uint)(words[4] & 0xF000) << 4;
                fdp |= (uint)(words[6] & 0xF000) << 4;
                fop = words[4];
            }
            else
            {
                fcs = words[4];
                fds = words[6];
            }
        }
        else
        {
            uint* doublewords = (uint*)image;
            fip = doublewords[3];
            fdp = doublewords[5];
            if (format == Real)
            {
                fip = (ushort)fip | ((doublewords[4] >> 12) << 16);
                fdp = (ushort)fdp | ((doublewords[6] >> 12) << 16);
                fop = doublewords[4];
            }
            else
            {
                fcs = (ushort)doublewords[4];
                fop = doublewords[4] >> 16;
                fds = (ushort)doublewords[6];
            }
        }

        // The area keeps the registers in stack order: a new TOP renumbers them.
        X87Stack.Rotate(s, ((fsw >> 11) & 7) - X87Stack.Top(s));
        *(ushort*)(area + VectorArea.Fcw) = (ushort)((fcw & 0x1F3F) | 0x40);
        *(ushort*)(area + VectorArea.Fsw) = fsw;
        area[VectorArea.Ftw] = X87Stack.AbridgedTags(tags);
        *(ushort*)(area + VectorArea.Fop) = (ushort)(fop & 0x7FF);
        *(ulong*)(area + VectorArea.Fip) = format == Flat ? fip : fip | ((ulong)fcs << 32);
        *(ulong*)(area + VectorArea.Fdp) = format == Flat ? fdp : fdp | ((ulong)fds << 32);
        VectorArea.NormalizeX87(area);
    }

    private static (uint Offset, ushort Selector) Pointer(byte* field, int format)
    {
        uint offset = *(uint*)field;
        ushort selector = *(ushort*)(field + 4);
        return format switch
        {
            Flat => (offset, 0),
            Protected => (offset, selector),
            _ => (offset + ((uint)selector << 4), 0),
        };
    }
}
