using System.ComponentModel;
using System.Runtime.Intrinsics.X86;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Kvm;

/// <summary>The host's KVM.</summary>
public static class KvmHost
{
    private const int ApiVersion = 12;

    private static readonly (KvmCapability Capability, string Use)[] s_required =
    [
        (KvmCapability.UserMemory, "guest memory"),
        (KvmCapability.ExtendedCpuid, "CPUID"),
        (KvmCapability.MpState, "processor activity"),
        (KvmCapability.IrqFd, "device interrupts"),
        (KvmCapability.IoEventFd, "device doorbells"),
        (KvmCapability.IoEventFdNoLength, "device doorbells"),
        (KvmCapability.VcpuEvents, "processor events"),
        (KvmCapability.Xcrs, "XCR0"),
        (KvmCapability.SignalMsi, "messages"),
        (KvmCapability.SplitIrqchip, "interrupt controllers of our own"),
        (KvmCapability.ImmediateExit, "stopping a processor"),
        (KvmCapability.X86UserSpaceMsr, "synthetic MSRs"),
        (KvmCapability.X86MsrFilter, "synthetic MSRs"),
    ];

    /// <summary>Finds out whether the Kvm engine can be used here, and why not.</summary>
    /// <returns>The report.</returns>
    public static KvmHostReport Check()
    {
        List<string> reasons = [];
        (bool svm, bool vmx) = ReadExtensions();
        bool usable = CheckDevice(reasons, out bool nestedState);
        if (!svm && !vmx)
        {
            reasons.Add("The processor shows neither AMD-V (svm) nor VT-x (vmx) to this system: enable it in the firmware, or in the "
                + "virtual machine's settings if this is one (ExposeVirtualizationExtensions).");
        }

        bool nested = usable && (svm || vmx) && nestedState && KvmHostProfile.SupportsNesting();
        if (usable && (svm || vmx) && !nested)
        {
            reasons.Add($"KVM does not offer virtualization extensions to guests: load its module with nested=1 (options {(svm ? "kvm_amd" : "kvm_intel")} nested=1).");
        }

        return new KvmHostReport(usable, svm || vmx, nested, reasons);
    }

    // CPUID 8000_0001h ECX bit 2 is SVM, 1 ECX bit 5 VMX.
    private static (bool Svm, bool Vmx) ReadExtensions()
    {
        (_, _, int basic, _) = X86Base.CpuId(1, 0);
        (int highest, _, _, _) = X86Base.CpuId(unchecked((int)0x8000_0000), 0);
        int extended = (uint)highest >= 0x8000_0001 ? X86Base.CpuId(unchecked((int)0x8000_0001), 0).Ecx : 0;
        return ((extended & (1 << 2)) != 0, (basic & (1 << 5)) != 0);
    }

    private static bool CheckDevice(List<string> reasons, out bool nestedState)
    {
        nestedState = false;
        try
        {
            using FileDescriptor kvm = KvmDevice.Open();
            int version = IoControl.Call(kvm.Value, KvmIoctl.GetApiVersion);
            if (version != ApiVersion)
            {
                reasons.Add($"{KvmDevice.Path} speaks API version {version}, not {ApiVersion}: use a kernel of version 5.10 or later.");
                return false;
            }

            bool complete = true;
            foreach ((KvmCapability capability, string use) in s_required)
            {
                if (KvmDevice.Capability(kvm, capability) == 0)
                {
                    reasons.Add($"KVM lacks the capability {capability} (for {use}): use a kernel of version 5.10 or later.");
                    complete = false;
                }
            }

            if (complete)
            {
                using FileDescriptor vm = new(KvmDevice.Call(kvm, KvmIoctl.CreateVm, 0, "create a virtual machine"));
            }

            nestedState = KvmDevice.Capability(kvm, KvmCapability.NestedState) != 0;
            return complete;
        }
        catch (Win32Exception e)
        {
            reasons.Add(e.NativeErrorCode switch
            {
                LinuxError.NoEntry => $"{KvmDevice.Path} does not exist: load the module kvm_amd or kvm_intel.",
                LinuxError.Access or LinuxError.NotPermitted =>
                    $"{KvmDevice.Path} may not be opened by this user: add the user to the group that owns it (usually kvm).",
                LinuxError.NoDevice => $"{KvmDevice.Path} has no driver behind it: load the module kvm_amd or kvm_intel.",
                _ => e.Message,
            });
            return false;
        }
    }
}
