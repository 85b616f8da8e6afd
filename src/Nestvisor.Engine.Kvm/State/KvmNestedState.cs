using System.Buffers.Binary;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm.State;

/// <summary>Nested-virtualization state as the kernel hands it out (KVM_GET_NESTED_STATE), header and data.</summary>
internal sealed class KvmNestedState(int maximumSize, CpuVendor vendor)
{
    private const int HeaderSize = 128;
    private const int MaximumSize = 1 << 20;
    private const ushort FormatVmx = 0;
    private const ushort FormatSvm = 1;

    // KVM_STATE_NESTED_GIF_SET.
    private const ushort GlobalInterruptsOn = 0x100;

    public void Read(FileDescriptor processor, ProcessorState state)
    {
        state.Nested = [];
        if (maximumSize is 0 or > MaximumSize)
        {
            return;
        }

        byte[] blob = new byte[Math.Max(maximumSize, HeaderSize)];
        BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(4), blob.Length);
        KvmDevice.Call(processor, KvmIoctl.GetNestedState, blob.AsSpan(), "read the nested state");
        int size = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(blob.AsSpan(4)), HeaderSize, blob.Length);
        if (!IsNeutral(blob, size))
        {
            state.Nested = blob[..size];
        }
    }

    /// <exception cref="InvalidDataException">This host cannot take the state.</exception>
    public void Write(FileDescriptor processor, ProcessorState state)
    {
        if (maximumSize == 0)
        {
            if (state.Nested.Length != 0)
            {
                throw new InvalidDataException("The state is one of a nested hypervisor, and this host's KVM has no nested state.");
            }

            return;
        }

        byte[] blob = state.Nested.Length == 0 ? Neutral() : [.. state.Nested];
        if (blob.Length < HeaderSize || BinaryPrimitives.ReadInt32LittleEndian(blob.AsSpan(4)) != blob.Length)
        {
            throw new InvalidDataException("The nested state was not saved by the Kvm engine, or is damaged.");
        }

        KvmDevice.Call(processor, KvmIoctl.SetNestedState, blob.AsSpan(), "set the nested state");
    }

    // Outside guest mode with nothing loaded: VMX off (vmxon_pa is all ones), or SVM with GIF set.
    private static bool IsNeutral(ReadOnlySpan<byte> blob, int size)
    {
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(blob);
        return size == HeaderSize && BinaryPrimitives.ReadUInt16LittleEndian(blob[2..]) switch
        {
            FormatVmx => flags == 0 && BinaryPrimitives.ReadUInt64LittleEndian(blob[8..]) == ulong.MaxValue,
            FormatSvm => flags == GlobalInterruptsOn,
            _ => false,
        };
    }

    private byte[] Neutral()
    {
        byte[] blob = new byte[HeaderSize];
        bool svm = vendor == CpuVendor.Amd;
        BinaryPrimitives.WriteUInt16LittleEndian(blob, svm ? GlobalInterruptsOn : (ushort)0);
        BinaryPrimitives.WriteUInt16LittleEndian(blob.AsSpan(2), svm ? FormatSvm : FormatVmx);
        BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(4), HeaderSize);
        if (!svm)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(blob.AsSpan(8), ulong.MaxValue);
            BinaryPrimitives.WriteUInt64LittleEndian(blob.AsSpan(16), ulong.MaxValue);
        }

        return blob;
    }
}
