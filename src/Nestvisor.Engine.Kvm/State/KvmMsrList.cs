using System.Buffers.Binary;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm.State;

/// <summary>The MSRs that the kernel holds for a processor and that are not part of another structure.</summary>
internal sealed class KvmMsrList
{
    private const int EntrySize = 16;

    private readonly uint[] _msrs;

    /// <summary>Finds out which MSRs can be read.</summary>
    public KvmMsrList(FileDescriptor kvm, FileDescriptor processor)
    {
        const int most = 2048;
        byte[] buffer = new byte[4 + (most * 4)];
        BinaryPrimitives.WriteInt32LittleEndian(buffer, most);
        KvmDevice.Call(kvm, KvmIoctl.GetMsrIndexList, buffer.AsSpan(), "list the MSRs");
        int count = BinaryPrimitives.ReadInt32LittleEndian(buffer);
        SortedSet<uint> candidates = [];
        for (int i = 0; i < count; i++)
        {
            candidates.Add(BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(4 + (i * 4))));
        }

        // The kernel keeps the MTRRs but lists them only in newer versions.
        candidates.UnionWith([0x2FF, 0x250, 0x258, 0x259]);
        candidates.UnionWith(Enumerable.Range(0x200, 16).Concat(Enumerable.Range(0x268, 8)).Select(msr => (uint)msr));
        candidates.Remove(Msr.ApicBase);
        _msrs = [.. candidates.Where(msr => TryRead(processor, msr, out _))];
    }

    public static bool TryRead(FileDescriptor processor, uint msr, out ulong value)
    {
        Span<byte> request = stackalloc byte[8 + EntrySize];
        request.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(request, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(request[8..], msr);
        bool read = IoControl.Call(processor.Value, KvmIoctl.GetMsrs, request) == 1;
        value = BinaryPrimitives.ReadUInt64LittleEndian(request[16..]);
        return read;
    }

    public static bool TryWrite(FileDescriptor processor, uint msr, ulong value)
    {
        Span<byte> request = stackalloc byte[8 + EntrySize];
        request.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(request, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(request[8..], msr);
        BinaryPrimitives.WriteUInt64LittleEndian(request[16..], value);
        return IoControl.Call(processor.Value, KvmIoctl.SetMsrs, request) == 1;
    }

    public void Read(FileDescriptor processor, ProcessorState state)
    {
        foreach (uint msr in _msrs)
        {
            if (TryRead(processor, msr, out ulong value))
            {
                state.Msrs[msr] = value;
            }
        }
    }

    /// <exception cref="InvalidDataException">The kernel refuses a value.</exception>
    public static void Write(FileDescriptor processor, ProcessorState state)
    {
        foreach ((uint msr, ulong value) in state.Msrs)
        {
            // The APIC base travels with the system registers. A register that cannot be written but has the value is no obstacle.
            if (msr != Msr.ApicBase && !TryWrite(processor, msr, value)
                && (TryRead(processor, msr, out ulong current) ? current != value : value != 0))
            {
                throw new InvalidDataException($"KVM refuses {value:X}h for MSR {msr:X}h: the state comes from a processor that this host cannot offer.");
            }
        }
    }
}
