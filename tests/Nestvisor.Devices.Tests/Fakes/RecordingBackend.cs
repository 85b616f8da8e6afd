using Nestvisor.Devices.Serial;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>A console's other end that records what the guest wrote and gives what the test typed.</summary>
internal sealed class RecordingBackend : ISerialBackend
{
    private readonly Lock _lock = new();
    private readonly List<byte> _written = [];
    private readonly Queue<byte> _typed = [];
    private Action? _changed;

    public byte[] Written
    {
        get
        {
            lock (_lock)
            {
                return [.. _written];
            }
        }
    }

    public void Type(params ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            foreach (byte value in data)
            {
                _typed.Enqueue(value);
            }
        }

        _changed?.Invoke();
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (_written.Count < 1 << 16)
            {
                _written.AddRange(data);
            }
        }
    }

    public int Read(Span<byte> target)
    {
        lock (_lock)
        {
            int count = Math.Min(target.Length, _typed.Count);
            for (int i = 0; i < count; i++)
            {
                target[i] = _typed.Dequeue();
            }

            return count;
        }
    }

    public void Attach(Action inputAvailable) => _changed = inputAvailable;
}
