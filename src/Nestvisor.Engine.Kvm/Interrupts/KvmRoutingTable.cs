using System.Buffers.Binary;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Kvm.Interrupts;

/// <summary>
/// The kernel's table from interrupt numbers (GSIs) to messages. The first 24 are the IOAPIC's pins: the kernel never raises them
/// but learns from them which vectors are level-triggered, and reports their EOIs. The others belong to message sources.
/// </summary>
internal sealed class KvmRoutingTable(FileDescriptor vm)
{
    public const int IoApicPins = 24;

    private const int MaximumGsis = 4096;
    private const int EntrySize = 48;

    private readonly Lock _lock = new();
    private readonly List<MsiMessage?> _routes = [.. new MsiMessage?[IoApicPins]];
    private readonly Stack<uint> _free = new();

    public uint Allocate()
    {
        lock (_lock)
        {
            if (_free.TryPop(out uint gsi))
            {
                return gsi;
            }

            if (_routes.Count == MaximumGsis)
            {
                throw new InvalidOperationException($"KVM has no more than {MaximumGsis} interrupt routes: the machine has too many devices.");
            }

            _routes.Add(null);
            return (uint)_routes.Count - 1;
        }
    }

    public void Set(uint gsi, MsiMessage? message)
    {
        lock (_lock)
        {
            if (_routes[(int)gsi] != message)
            {
                _routes[(int)gsi] = message;
                Commit();
            }
        }
    }

    public void Free(uint gsi)
    {
        Set(gsi, null);
        lock (_lock)
        {
            _free.Push(gsi);
        }
    }

    public void SetIoApic(ReadOnlySpan<MsiMessage> routes)
    {
        lock (_lock)
        {
            bool changed = false;
            for (int pin = 0; pin < IoApicPins; pin++)
            {
                MsiMessage? route = pin < routes.Length && routes[pin] != default ? routes[pin] : null;
                changed |= _routes[pin] != route;
                _routes[pin] = route;
            }

            if (changed)
            {
                Commit();
            }
        }
    }

    private void Commit()
    {
        byte[] table = new byte[8 + (_routes.Count * EntrySize)];
        int count = 0;
        for (int gsi = 0; gsi < _routes.Count; gsi++)
        {
            if (_routes[gsi] is not { } message)
            {
                continue;
            }

            Span<byte> entry = table.AsSpan(8 + (count * EntrySize), EntrySize);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)gsi);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], KvmRoutingType.Msi);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], message.Address);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], message.Data);
            count++;
        }

        BinaryPrimitives.WriteInt32LittleEndian(table, count);
        KvmDevice.Call(vm, KvmIoctl.SetGsiRouting, table.AsSpan(0, 8 + (count * EntrySize)), "set the interrupt routes");
    }
}
