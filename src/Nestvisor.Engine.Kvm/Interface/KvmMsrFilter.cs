using System.Runtime.CompilerServices;

namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_msr_filter.</summary>
internal struct KvmMsrFilter
{
    /// <summary>KVM_MSR_FILTER_MAX_RANGES.</summary>
    public const int MaximumRanges = 16;

    /// <summary>MSRs that one range may cover (KVM_MSR_FILTER_MAX_BITMAP_SIZE * 8).</summary>
    public const int MaximumRangeLength = 0x600 * 8;

    /// <summary>KVM_MSR_FILTER_READ and KVM_MSR_FILTER_WRITE.</summary>
    public const uint ReadAndWrite = 3;

    public uint Flags;
    public uint Padding;
    public RangeList Ranges;

    /// <summary>struct kvm_msr_filter_range: a clear bit denies the access.</summary>
    internal struct Range
    {
        public uint Flags;
        public uint Count;
        public uint First;
        public uint Padding;
        public nuint Bitmap;
    }

    [InlineArray(MaximumRanges)]
    internal struct RangeList
    {
        private Range _first;
    }
}
