using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Where translated code finds the processor's state: relative to the host's stack pointer, which points into
/// <see cref="VpState"/> while such code runs. What lies below are the registers RAX to R8; they are in the host's registers
/// then, so that their places serve as red zone and as temporaries, and calls of the exit routine may push there.
/// </summary>
internal static unsafe class Frame
{
    /// <summary>Bytes of <see cref="VpState"/> below the stack pointer.</summary>
    public const int Bias = 9 * 8;

    /// <summary>First temporary: the dead place of RDI.</summary>
    public const int Temporary1 = -16;

    /// <summary>Second temporary: the dead place of RSI.</summary>
    public const int Temporary2 = -24;

    /// <summary>Third temporary: the dead place of R8, where the exit routine's caller is pushed.</summary>
    public const int Temporary3 = -8;

    /// <summary>How many shared ranges can be known at a time: the dead places of RBP, RBX, RDX, RCX, RAX and RSP.</summary>
    public const int SharedPlaces = 6;

    /// <summary>Distance from the start of <see cref="VpState"/> to the jump cache.</summary>
    public const int JumpCacheDistance = 4096;

    public static readonly int Rip;
    public static readonly int NativeFlags;
    public static readonly int VectorsIdle;
    public static readonly int X87Idle;
    public static readonly int X87Fop;
    public static readonly int X87Fip;
    public static readonly int X87Fdp;
    public static readonly int X87Data;
    public static readonly int PageBase;
    public static readonly int JumpSalt;
    public static readonly int Attention;
    public static readonly int SegmentBase;
    public static readonly int ReadTlb;
    public static readonly int ControlBlock;
    public static readonly int InterruptShadow;
    public static readonly int EntryPoint;
    public static readonly int Es;
    public static readonly int Cr4;
    public static readonly int Cr3;
    public static readonly int Cr2;
    public static readonly int Cr0;
    public static readonly int Pkru;
    public static readonly int SystemFlags;
    public static readonly int KernelGsBase;
    public static readonly int TlbWithAc;
    public static readonly int TlbWithoutAc;
    public static readonly int EventsWaiting;
    public static readonly int ExitPoint;
    public static readonly int HostStack;
    public static readonly int HostMxcsr;
    public static readonly int Vector;
    public static readonly int Cpl;
    public static readonly int Mode;
    public static readonly int FastCallUserMode;
    public static readonly int FastCallKernelMode;
    public static readonly int FastCallUserSalt;
    public static readonly int FastCallKernelSalt;
    public static readonly int FastCallUserTlb;
    public static readonly int FastCallKernelTlb;
    public static readonly int FastCallTarget;
    public static readonly int FastCallKeptFlags;
    public static readonly int FastCallKeptNativeFlags;
    public static readonly int FastCallUserSs;
    public static readonly int FastCallKernelCs;
    public static readonly int FastCallKernelSs;
    public static readonly int FastCallUserCs;

    /// <summary>The jump cache.</summary>
    public const int JumpCache = JumpCacheDistance - Bias;

    static Frame()
    {
        VpState state = default;
        VpState* s = &state;

        // SAFETY: distances between addresses inside one local.
        byte* start = (byte*)s + Bias;
        Rip = (int)((byte*)&s->Rip - start);
        NativeFlags = (int)((byte*)&s->NativeFlags - start);
        VectorsIdle = (int)((byte*)&s->VectorsIdle - start);
        X87Idle = (int)((byte*)&s->X87Idle - start);
        X87Fop = (int)((byte*)&s->X87Fop - start);
        X87Fip = (int)((byte*)&s->X87Fip - start);
        X87Fdp = (int)((byte*)&s->X87Fdp - start);
        X87Data = (int)((byte*)&s->X87Data0 - start);
        PageBase = (int)((byte*)&s->PageBase - start);
        JumpSalt = (int)((byte*)&s->JumpSalt - start);
        Attention = (int)((byte*)&s->Attention - start);
        SegmentBase = (int)((byte*)s->SegmentBase - start);
        ReadTlb = (int)((byte*)&s->ReadTlb - start);
        EventsWaiting = (int)((byte*)&s->EventsWaiting - start);
        TlbWithoutAc = (int)((byte*)&s->TlbWithoutAc - start);
        TlbWithAc = (int)((byte*)&s->TlbWithAc - start);
        KernelGsBase = (int)((byte*)&s->KernelGsBase - start);
        SystemFlags = (int)((byte*)&s->SystemFlags - start);
        Pkru = (int)((byte*)&s->Pkru - start);
        Cr0 = (int)((byte*)&s->Cr0 - start);
        Cr2 = (int)((byte*)&s->Cr2 - start);
        Cr3 = (int)((byte*)&s->Cr3 - start);
        Cr4 = (int)((byte*)&s->Cr4 - start);
        Es = (int)((byte*)&s->Es - start);
        ControlBlock = (int)((byte*)&s->ControlBlock - start);
        InterruptShadow = (int)((byte*)&s->InterruptShadow - start);
        EntryPoint = (int)((byte*)&s->EntryPoint - start);
        ExitPoint = (int)((byte*)&s->ExitPoint - start);
        HostStack = (int)((byte*)&s->HostStack - start);
        HostMxcsr = (int)((byte*)&s->HostMxcsr - start);
        Vector = (int)((byte*)&s->Vector - start);
        Cpl = (int)((byte*)&s->Cpl - start);
        Mode = (int)((byte*)&s->Mode - start);
        FastCallUserMode = (int)((byte*)&s->FastCalls.UserMode - start);
        FastCallKernelMode = (int)((byte*)&s->FastCalls.KernelMode - start);
        FastCallUserSalt = (int)((byte*)&s->FastCalls.UserSalt - start);
        FastCallKernelSalt = (int)((byte*)&s->FastCalls.KernelSalt - start);
        FastCallUserTlb = (int)((byte*)&s->FastCalls.UserTlb - start);
        FastCallKernelTlb = (int)((byte*)&s->FastCalls.KernelTlb - start);
        FastCallTarget = (int)((byte*)&s->FastCalls.Target - start);
        FastCallKeptFlags = (int)((byte*)&s->FastCalls.KeptFlags - start);
        FastCallKeptNativeFlags = (int)((byte*)&s->FastCalls.KeptNativeFlags - start);
        FastCallUserSs = (int)((byte*)&s->FastCalls.UserSs - start);
        FastCallKernelCs = (int)((byte*)&s->FastCalls.KernelCs - start);
        FastCallKernelSs = (int)((byte*)&s->FastCalls.KernelSs - start);
        FastCallUserCs = (int)((byte*)&s->FastCalls.UserCs - start);
    }

    /// <summary>Where the address of a shared range is kept.</summary>
    public static int SharedPlace(int number) => Temporary2 - 8 - (8 * number);

    /// <summary>The place of a segment register's base, by Iced's order of them; its selector lies 12 bytes behind.</summary>
    public static int Segment(int number) => Es + (number * sizeof(SegmentRegister));

    /// <summary>Distance of a segment's selector from its base.</summary>
    public const int Selector = 12;

    /// <summary>Distance from a segment's base to its attributes.</summary>
    public const int Attributes = 14;

    /// <summary>A general register's place in <see cref="VpState"/>.</summary>
    public static int Gpr(int guest) => (guest * 8) - Bias;
}
