using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.Privileged;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>SYSCALL and SYSRET in translated code.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const uint CplBits = 3u << BlockMode.CplShift;

    // What State->FastCalls was made for; writes of the MSRs set _fastCallsStale.
    private TranslationContext? _fastCallsContext;
    private uint _fastCallsMode;
    private uint _fastCallsVersion;
    private ulong _fastCallsEfer;
    private bool _fastCallsStale = true;

    // Before translated code is entered.
    private void RefreshFastCalls(VpState* s)
    {
        TranslationContext context = _contexts.Current;
        uint kernel = s->Mode & ~CplBits;
        if (!_fastCallsStale && _fastCallsContext == context && _fastCallsMode == kernel && _fastCallsVersion == context.Jumps.Version
            && _fastCallsEfer == s->Efer)
        {
            return;
        }

        MakeFastCalls(s, context, kernel);
        _fastCallsStale = false;
        _fastCallsContext = context;
        _fastCallsMode = kernel;
        _fastCallsEfer = s->Efer;
        _fastCallsVersion = context.Jumps.Version;
    }

    private void MakeFastCalls(VpState* s, TranslationContext context, uint kernel)
    {
        ref FastCalls calls = ref s->FastCalls;
        calls.UserMode = calls.KernelMode = 0;

        // A kernel that is entered with RFLAGS.AC set would start with other tables.
        if ((s->Efer & (Efer.SCE | Efer.LMA)) != (Efer.SCE | Efer.LMA) || (kernel & BlockMode.CodeSizeMask) != 2 || (_sfmask & Rflags.AC) == 0)
        {
            return;
        }

        uint user = kernel | CplBits;
        calls.UserMode = user;
        calls.KernelMode = kernel;
        calls.UserSalt = context.Jumps.For(user);
        calls.KernelSalt = context.Jumps.For(kernel);
        calls.UserTlb = context.Table(TranslationContext.UserClass, AccessKind.Read);
        calls.KernelTlb = s->TlbWithoutAc;
        calls.Target = _lstar;
        calls.KeptFlags = ~_sfmask;
        calls.KeptNativeFlags = (uint)((~_sfmask >> 11 & 1) | ((~_sfmask & 0xD5) << 8) | 0x200);
        calls.KernelCs = FastCallSegments.KernelCs(_star, wide: true);
        calls.KernelSs = FastCallSegments.KernelSs(_star);
        calls.UserCs = FastCallSegments.UserCs(_star, wide: true);
        calls.UserSs = FastCallSegments.UserSs(_star);
    }
}
