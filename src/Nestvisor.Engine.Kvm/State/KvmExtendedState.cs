using System.Buffers.Binary;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm.State;

/// <summary>x87, SSE, AVX, protection keys and XCR0, between the kernel's XSAVE image and <see cref="ProcessorState"/>.</summary>
internal sealed class KvmExtendedState
{
    private const int ImageSize = 4096;
    private const int SoftwareArea = 464;
    private const int StateBitVector = 512;
    private const int YmmOffset = 576;
    private const uint Avx = 1 << 2;
    private const uint ProtectionKeys = 1 << 9;

    private readonly uint _components;
    private readonly int _pkruOffset;

    public KvmExtendedState(CpuProfile profile)
    {
        // Components in the standard format lie where the host's CPUID says (Intel SDM vol. 1 §13.4.3); AVX is at 576 everywhere.
        _pkruOffset = (int)profile[0xD, 9].Ebx;
        uint carried = 3 | Avx | (_pkruOffset is > 0 and <= ImageSize - 4 ? ProtectionKeys : 0);
        _components = (profile[0xD, 0].Eax | 3) & carried;
    }

    public void Read(FileDescriptor processor, ProcessorState state)
    {
        byte[] image = new byte[ImageSize];
        KvmDevice.Call(processor, KvmIoctl.GetXsave, image.AsSpan(), "read the floating-point state");
        image.AsSpan(0, SoftwareArea).CopyTo(state.Fx);
        state.Fx.AsSpan(SoftwareArea).Clear();
        if ((_components & Avx) != 0)
        {
            image.AsSpan(YmmOffset, state.YmmHigh.Length).CopyTo(state.YmmHigh);
        }

        if ((_components & ProtectionKeys) != 0)
        {
            state.Pkru = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(_pkruOffset));
        }

        KvmXcrs xcrs = default;
        KvmDevice.Call(processor, KvmIoctl.GetXcrs, ref xcrs, "read XCR0");
        state.Xcr0 = xcrs.Count > 0 ? xcrs.Values[0].Value : 1;
    }

    public void Write(FileDescriptor processor, ProcessorState state)
    {
        if ((state.Xcr0 & ~(ulong)_components) != 0)
        {
            throw new InvalidDataException($"XCR0 {state.Xcr0:X}h enables components that this host or profile does not have ({_components:X}h).");
        }

        byte[] image = new byte[ImageSize];
        state.Fx.AsSpan(0, SoftwareArea).CopyTo(image);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(StateBitVector), _components);
        if ((_components & Avx) != 0)
        {
            state.YmmHigh.CopyTo(image.AsSpan(YmmOffset));
        }

        if ((_components & ProtectionKeys) != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(_pkruOffset), state.Pkru);
        }

        KvmXcrs xcrs = new() { Count = 1 };
        xcrs.Values[0] = new KvmXcrs.Entry { Value = state.Xcr0 };
        KvmDevice.Call(processor, KvmIoctl.SetXcrs, ref xcrs, "set XCR0");
        KvmDevice.Call(processor, KvmIoctl.SetXsave, image.AsSpan(), "set the floating-point state");
    }
}
