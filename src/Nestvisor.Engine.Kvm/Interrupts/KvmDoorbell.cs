using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Kvm.Interrupts;

/// <summary>A doorbell behind an ioeventfd: the kernel takes the guest's write and sets the event, on which its owner waits.</summary>
internal sealed class KvmDoorbell : IDisposable
{
    private readonly FileDescriptor _vm;
    private readonly ulong _address;
    private readonly EventDescriptor _bell;
    private bool _disposed;

    public KvmDoorbell(FileDescriptor vm, ulong address, EventDescriptor bell)
    {
        _vm = vm;
        _address = address;
        _bell = bell;
        Assign(0, "register a doorbell");
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Assign(KvmIoEventFd.Deassign, "take a doorbell away");
        }
    }

    // Length 0 takes a write of any size.
    private void Assign(uint flags, string what)
    {
        KvmIoEventFd request = new() { Address = _address, FileDescriptor = _bell.Value, Flags = flags };
        KvmDevice.Call(_vm, KvmIoctl.IoEventFd, ref request, what);
    }
}
