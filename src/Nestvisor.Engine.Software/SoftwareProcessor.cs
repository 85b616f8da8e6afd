using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software;

/// <summary>One virtual processor of the software engine.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    /// <summary>Finds the processor of a state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SoftwareProcessor Of(VpState* s) =>
        Unsafe.As<SoftwareProcessor>(GCHandle.FromIntPtr(s->Owner).Target!);
}
