using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>
/// Segments of the local descriptor table in which the host runs 16- and 32-bit code: data, extra and stack segments begin a
/// little below the arena, GS a little above that, code at address 0 (32 bits) or at the code page (16 bits).
/// </summary>
internal static unsafe class LegacySegments
{
    private const int ReadOnlyCode = 2;
    private const int Data = 0;

    /// <summary>Base of ES, SS and DS in 16- and 32-bit code.</summary>
    public static ulong DataBase { get; } = Arena.Start - 0x1000;

    /// <summary>Base of GS in all code.</summary>
    public static ulong GsBase { get; } = Arena.Start - 0x900;

    public static ushort Code16 { get; private set; }

    public static ushort Code32 { get; private set; }

    public static ushort Stack16 { get; private set; }

    public static ushort Data32 { get; private set; }

    public static ushort Gs { get; private set; }

    /// <summary>Sets the descriptors of this process.</summary>
    /// <param name="codePage">Base of 16-bit code.</param>
    public static void Create(byte* codePage)
    {
        Code16 = Set(1, (ulong)codePage, 0xFFFF, ReadOnlyCode, is32: false, pages: false);
        Code32 = Set(2, 0, 0xFFFFF, ReadOnlyCode, is32: true, pages: true);
        Stack16 = Set(3, DataBase, 0xFFFFF, Data, is32: false, pages: true);
        Data32 = Set(4, DataBase, 0xFFFFF, Data, is32: true, pages: true);
        Gs = Set(5, GsBase, 0xFFFFF, Data, is32: true, pages: true);
    }

    /// <summary>Segments as the host has them when it runs 32-bit code, but for GS; data may begin elsewhere.</summary>
    public static void Apply(VpState* s, ulong dataBase)
    {
        s->RipMask = s->StackMask = s->LinearMask = uint.MaxValue;
        s->Cs.Attributes = 0xCFB;
        s->Cs.Selector = Code32;
        s->Cs.Limit = uint.MaxValue;
        foreach (int segment in (ReadOnlySpan<int>)[0, 2, 3])
        {
            SegmentRegister* register = &s->Es + segment;
            register->Selector = Data32;
            register->Attributes = 0xCF3;
            register->Limit = uint.MaxValue;
            s->SegmentBase[segment] = dataBase;
        }
    }

    private static ushort Set(uint number, ulong start, uint limit, uint contents, bool is32, bool pages)
    {
        Description description = new()
        {
            Number = number,
            Base = (uint)start,
            Limit = limit,
            Flags = (is32 ? 1u : 0) | (contents << 1) | (pages ? 0x10u : 0) | 0x40,
        };
        HostCalls.SetDescriptor(&description, sizeof(Description));
        return (ushort)((number << 3) | 7);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Description
    {
        public uint Number;
        public uint Base;
        public uint Limit;
        public uint Flags;
    }
}
