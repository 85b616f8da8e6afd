using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>What the native routine loads before the instruction and stores after it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeContext
{
    /// <summary>Offset of the vector state before the instruction: the standard XSAVE layout, x87, SSE and AVX.</summary>
    public const int VectorInOffset = 1024;

    /// <summary>Offset of the vector state after the instruction.</summary>
    public const int VectorOutOffset = 2048;

    /// <summary>Bytes of a vector state.</summary>
    public const int VectorBytes = 832;

    public fixed ulong In[16];
    public ulong FlagsIn;
    public fixed ulong Out[16];
    public ulong FlagsOut;
    public ulong HostStack;

    /// <summary>1 if the vector state is to be loaded and stored.</summary>
    public ulong UseVector;

    /// <summary>Signal that the instruction raised, or 0.</summary>
    public ulong Signal;

    /// <summary>Vector of the exception behind the signal.</summary>
    public ulong TrapNumber;

    public ulong ErrorCode;
    public ulong Cr2;
    public ulong FaultRip;

    /// <summary>1 if a branch went to the landing pad.</summary>
    public ulong Landed;

    public uint HostMxcsr;
}
