using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Kvm.Interrupts;

/// <summary>Doorbells behind ioeventfds: the kernel takes the guest's write, and one thread calls who registered it.</summary>
internal sealed class KvmDoorbells : IDisposable
{
    private const ulong QuitKey = 0;

    private readonly FileDescriptor _vm;
    private readonly EventPoll _poll = new();
    private readonly EventDescriptor _quit = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Doorbell> _doorbells = [];
    private readonly Thread _thread;
    private ulong _lastKey;

    public KvmDoorbells(FileDescriptor vm)
    {
        _vm = vm;
        _poll.Watch(_quit.Value, QuitKey);
        _thread = new Thread(Dispatch) { IsBackground = true, Name = "kvm-doorbells" };
        _thread.Start();
    }

    public IDisposable Register(ulong address, Action rung)
    {
        lock (_lock)
        {
            Doorbell doorbell = new(this, ++_lastKey, address, rung);
            doorbell.Assign(0, "register a doorbell");
            _doorbells.Add(doorbell.Key, doorbell);
            _poll.Watch(doorbell.Event.Value, doorbell.Key);
            return doorbell;
        }
    }

    public void Dispose()
    {
        _quit.Signal();
        _thread.Join();
        _quit.Dispose();
        _poll.Dispose();
    }

    private void Dispatch()
    {
        ProcessControl.UseExactTimers();
        Span<ulong> keys = stackalloc ulong[16];
        while (true)
        {
            int count = _poll.Wait(keys);
            for (int i = 0; i < count; i++)
            {
                if (keys[i] == QuitKey)
                {
                    return;
                }

                Ring(keys[i]);
            }
        }
    }

    private void Ring(ulong key)
    {
        Doorbell? doorbell;
        lock (_lock)
        {
            if (!_doorbells.TryGetValue(key, out doorbell))
            {
                return;
            }

            doorbell.Event.Drain();
        }

        doorbell.Rung();
    }

    private void Remove(Doorbell doorbell)
    {
        lock (_lock)
        {
            if (_doorbells.Remove(doorbell.Key))
            {
                _poll.Unwatch(doorbell.Event.Value);
                doorbell.Assign(KvmIoEventFd.Deassign, "take a doorbell away");
                doorbell.Event.Dispose();
            }
        }
    }

    private sealed class Doorbell(KvmDoorbells owner, ulong key, ulong address, Action rung) : IDisposable
    {
        public ulong Key => key;

        public Action Rung => rung;

        public EventDescriptor Event { get; } = new();

        // Length 0 takes a write of any size.
        public void Assign(uint flags, string what)
        {
            KvmIoEventFd request = new() { Address = address, FileDescriptor = Event.Value, Flags = flags };
            KvmDevice.Call(owner._vm, KvmIoctl.IoEventFd, ref request, what);
        }

        public void Dispose() => owner.Remove(this);
    }
}
