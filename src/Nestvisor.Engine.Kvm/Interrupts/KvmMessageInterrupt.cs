using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Kvm.Interrupts;

/// <summary>A message source behind an irqfd: signalling it is one write, and the kernel delivers the message.</summary>
internal sealed class KvmMessageInterrupt : MessageInterrupt
{
    private readonly FileDescriptor _vm;
    private readonly KvmRoutingTable _routes;
    private readonly EventDescriptor _event = new();
    private readonly uint _gsi;
    private bool _configured;
    private bool _disposed;

    public KvmMessageInterrupt(FileDescriptor vm, KvmRoutingTable routes)
    {
        _vm = vm;
        _routes = routes;
        _gsi = routes.Allocate();
    }

    public override void Configure(MsiMessage message)
    {
        // A message that does not go to the local APICs (0xFEExxxxx) would be refused for the whole table.
        bool valid = message.Address >> 20 == 0xFEE;
        _routes.Set(_gsi, valid ? message : null);
        if (valid && !_configured)
        {
            Attach(0, "attach an interrupt");
            _configured = true;
        }
    }

    public override void Signal()
    {
        if (!Volatile.Read(ref _disposed))
        {
            _event.Signal();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }

        Volatile.Write(ref _disposed, true);
        if (_configured)
        {
            Attach(KvmIrqFd.Deassign, "detach an interrupt");
        }

        _routes.Free(_gsi);
        _event.Dispose();
    }

    private void Attach(uint flags, string what)
    {
        KvmIrqFd request = new() { FileDescriptor = (uint)_event.Value, Gsi = _gsi, Flags = flags };
        KvmDevice.Call(_vm, KvmIoctl.IrqFd, ref request, what);
    }
}
