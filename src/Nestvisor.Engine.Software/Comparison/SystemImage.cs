using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// What no block may change of a processor: segments, system registers, PKRU; but for the base of GS, which SWAPGS changes, and the shadow
/// of STI. In native memory.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SystemImage
{
    private const int Room = 320;

    private static readonly int s_bytes;
    private static readonly int s_gsBase;

    private fixed byte _bytes[Room];

    static SystemImage()
    {
        VpState state = default;
        VpState* s = &state;

        // SAFETY: distances inside one local.
        s_bytes = (int)(&s->InterruptShadow - (byte*)&s->Es);
        s_gsBase = (int)((byte*)&s->Gs.Base - (byte*)&s->Es);
        if (s_bytes > Room)
        {
            throw new InvalidOperationException($"The system registers take {s_bytes} bytes; there is room for {Room}.");
        }
    }

    /// <summary>Takes the state.</summary>
    public void Save(VpState* s) => Of(s).CopyTo(MemoryMarshal.CreateSpan(ref _bytes[0], Room));

    /// <summary>The first byte from <c>VpState.Es</c> on that differs; -1 if none does.</summary>
    public int Different(VpState* s)
    {
        MemoryMarshal.Write(MemoryMarshal.CreateSpan(ref _bytes[0], Room)[s_gsBase..], s->Gs.Base);
        ReadOnlySpan<byte> own = MemoryMarshal.CreateReadOnlySpan(ref _bytes[0], s_bytes);
        return own.SequenceEqual(Of(s)) ? -1 : own.CommonPrefixLength(Of(s));
    }

    private static ReadOnlySpan<byte> Of(VpState* s) => new(&s->Es, s_bytes);
}
