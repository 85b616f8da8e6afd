using System.Runtime.InteropServices;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Kvm;

/// <summary>Sends accesses to MSRs that the machine implements, and to those that the kernel does not know, to user space.</summary>
internal static unsafe class KvmMsrAccess
{
    // KVM_MSR_EXIT_REASON_UNKNOWN and KVM_MSR_EXIT_REASON_FILTER.
    private const ulong ExitReasons = 6;

    public static void EnableExits(FileDescriptor vm)
    {
        KvmEnableCapability enable = new() { Capability = KvmCapability.X86UserSpaceMsr, Argument = ExitReasons };
        KvmDevice.Call(vm, KvmIoctl.EnableCapability, ref enable, "take MSR exits");
    }

    /// <summary>Denies the kernel the ranges that the machine handles, so that their accesses come to user space.</summary>
    public static void SetFilter(FileDescriptor vm, IReadOnlyList<(uint First, uint Last)> ranges)
    {
        if (ranges.Count > KvmMsrFilter.MaximumRanges)
        {
            throw new InvalidOperationException($"KVM filters at most {KvmMsrFilter.MaximumRanges} ranges of MSRs; the machine registered {ranges.Count}.");
        }

        KvmMsrFilter filter = default;
        byte* denied = (byte*)NativeMemory.AllocZeroed(KvmMsrFilter.MaximumRangeLength / 8);
        try
        {
            for (int i = 0; i < ranges.Count; i++)
            {
                uint count = ranges[i].Last - ranges[i].First + 1;
                if (count is 0 or > KvmMsrFilter.MaximumRangeLength)
                {
                    throw new InvalidOperationException($"KVM filters at most {KvmMsrFilter.MaximumRangeLength} MSRs in one range; {ranges[i].First:X}h starts {count}.");
                }

                filter.Ranges[i] = new KvmMsrFilter.Range
                {
                    Flags = KvmMsrFilter.ReadAndWrite,
                    Count = count,
                    First = ranges[i].First,
                    Bitmap = (nuint)denied,
                };
            }

            // SAFETY: the kernel copies the bitmaps, which are as long as the longest range, before the call returns.
            KvmDevice.Call(vm, KvmIoctl.SetMsrFilter, ref filter, "filter MSRs");
        }
        finally
        {
            NativeMemory.Free(denied);
        }
    }
}
