using System.Buffers.Binary;
using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Ports;

/// <summary>
/// A port whose wire is the stream socket of a passt(1): each frame goes behind its length in 32 bits, big-endian, as in QEMU's stream
/// sockets. One pair of queues, and no offloads. When the connection ends, the cable is out for good.
/// </summary>
public sealed class PasstPort : ICablePort
{
    private const int LengthSize = sizeof(uint);

    // The switch's port may have put tags into a frame of full length.
    private const int TagsLength = 8;

    // Several long frames, so that a call of the kernel brings more than one.
    private const int InputSize = 4 * (LengthSize + NetworkFrame.MaxUnsegmentedLength);

    private readonly StreamSocket _socket;
    private readonly Action? _hasEnded;
    private readonly Lock _sending = new();
    private readonly EventDescriptor _bell = new();
    private readonly Thread _watcher;
    private readonly byte[] _input = new byte[InputSize];

    // What of the last frame the socket has not taken yet: whoever waits for room sends it, and nothing else goes before it.
    private readonly byte[] _output = new byte[LengthSize + PacketHeader.MaxPacketLength + TagsLength];
    private int _inputStart;
    private int _inputEnd;
    private int _outputStart;
    private int _outputEnd;
    private bool _plugged;
    private bool _ended;
    private bool _waitsForRoom;
    private bool _disposed;
    private long _refused;
    private Action? _changed;

    /// <summary>Creates the port.</summary>
    /// <param name="socket">The connection; disposed with the port.</param>
    /// <param name="connected">Whether the cable is plugged in.</param>
    /// <param name="hasEnded">Told once if the connection ends before the port does; from any thread.</param>
    public PasstPort(StreamSocket socket, bool connected, Action? hasEnded = null)
    {
        _socket = socket;
        _plugged = connected;
        _hasEnded = hasEnded;
        _watcher = new Thread(Watch) { IsBackground = true, Name = "passt" };
        _watcher.Start();
    }

    /// <summary>Whether the cable is plugged in and the connection has not ended.</summary>
    public bool IsConnected
    {
        get => Volatile.Read(ref _plugged) && !Volatile.Read(ref _ended);
        set
        {
            Volatile.Write(ref _plugged, value);
            Volatile.Read(ref _changed)?.Invoke();
        }
    }

    /// <summary>Whether the connection has ended.</summary>
    public bool HasEnded => Volatile.Read(ref _ended);

    /// <inheritdoc/>
    public int QueueCount => 1;

    /// <inheritdoc/>
    public NetworkOffloads Offloads => NetworkOffloads.None;

    /// <inheritdoc/>
    public long Refused => Interlocked.Read(ref _refused);

    /// <inheritdoc/>
    public void Configure(NetworkOffloads accepted, int queues)
    {
    }

    /// <inheritdoc/>
    public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
    {
        if (!IsConnected)
        {
            return true;
        }

        int length = packet.Length - PacketHeader.Size + (rest?.Length ?? 0);
        if (LengthSize + length > _output.Length)
        {
            _ = Interlocked.Increment(ref _refused);
            return true;
        }

        // The length goes where the end of the header was, which has nothing to say here.
        Span<byte> record = packet[(PacketHeader.Size - LengthSize)..];
        BinaryPrimitives.WriteInt32BigEndian(record, length);
        lock (_sending)
        {
            if (!Flush())
            {
                return !IsConnected;
            }

            int sent = 0;
            if (rest is null)
            {
                sent = Send(record);
                if (sent == 0)
                {
                    return !IsConnected;
                }
            }

            // Of a frame that has been begun the other end waits for the rest.
            record[sent..].CopyTo(_output);
            rest?.CopyTo(_output.AsSpan(record.Length));
            _outputStart = 0;
            _outputEnd = LengthSize + length - sent;
            _ = Flush();
            return true;
        }
    }

    /// <inheritdoc/>
    public Span<byte> Receive(int queue, Span<byte> buffer)
    {
        while (true)
        {
            Span<byte> frame = NextFrame(out bool isPart);
            if (isPart)
            {
                if (!Fill())
                {
                    return default;
                }

                continue;
            }

            if (frame.Length < NetworkFrame.MinLength)
            {
                _ = Interlocked.Increment(ref _refused);
                continue;
            }

            // A frame that was on its way when the cable was pulled does not arrive.
            if (IsConnected)
            {
                buffer[..PacketHeader.Size].Clear();
                frame.CopyTo(buffer[PacketHeader.Size..]);
                return buffer[..(PacketHeader.Size + frame.Length)];
            }
        }
    }

    /// <inheritdoc/>
    public int GetDescriptor(int queue) => _socket.Descriptor;

    /// <inheritdoc/>
    public void SetObserver(Action? changed) => Volatile.Write(ref _changed, changed);

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        _bell.Signal();
        _watcher.Join();
        _socket.Dispose();
        _bell.Dispose();
    }

    // The next frame that has arrived; it is taken out.
    private Span<byte> NextFrame(out bool isPart)
    {
        ReadOnlySpan<byte> arrived = _input.AsSpan(_inputStart, _inputEnd - _inputStart);
        isPart = arrived.Length < LengthSize;
        if (isPart)
        {
            return default;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(arrived);
        if (length > NetworkFrame.MaxUnsegmentedLength)
        {
            // No frame is so long: where the next one begins nobody knows.
            End();
            isPart = true;
            return default;
        }

        isPart = arrived.Length - LengthSize < length;
        if (isPart)
        {
            return default;
        }

        int start = _inputStart + LengthSize;
        _inputStart = start + (int)length;
        return _input.AsSpan(start, (int)length);
    }

    // Brings more into the buffer, which has no whole frame. False if there is nothing more now.
    private bool Fill()
    {
        if (_inputStart > 0)
        {
            _input.AsSpan(_inputStart, _inputEnd - _inputStart).CopyTo(_input);
            _inputEnd -= _inputStart;
            _inputStart = 0;
        }

        while (!Volatile.Read(ref _ended))
        {
            int count = _socket.Receive(_input.AsSpan(_inputEnd));
            if (count > 0)
            {
                _inputEnd += count;
                return true;
            }

            if (count == -LinuxError.Again)
            {
                return false;
            }

            if (count != -LinuxError.Interrupted)
            {
                End();
            }
        }

        return false;
    }

    // Sends what is left of the last frame. False if something is still left.
    private bool Flush()
    {
        while (_outputStart < _outputEnd)
        {
            int sent = Send(_output.AsSpan(_outputStart, _outputEnd - _outputStart));
            if (sent == 0)
            {
                return false;
            }

            _outputStart += sent;
        }

        return true;
    }

    // How many bytes were sent; if none, the watcher goes on when there is room, or the connection has ended.
    private int Send(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            int sent = _socket.Send(bytes);
            if (sent > 0)
            {
                return sent;
            }

            if (sent == -LinuxError.Again)
            {
                Volatile.Write(ref _waitsForRoom, true);
                _bell.Signal();
                return 0;
            }

            if (sent != -LinuxError.Interrupted)
            {
                End();
                return 0;
            }
        }
    }

    private void End()
    {
        if (!Interlocked.Exchange(ref _ended, true))
        {
            _hasEnded?.Invoke();
            Volatile.Read(ref _changed)?.Invoke();
        }
    }

    private void Watch()
    {
        while (true)
        {
            bool alive = _socket.Wait(_bell, Volatile.Read(ref _waitsForRoom), out bool hasRoom);
            if (Volatile.Read(ref _disposed))
            {
                return;
            }

            if (!alive)
            {
                End();
                return;
            }

            if (hasRoom && GoOn())
            {
                Volatile.Read(ref _changed)?.Invoke();
            }
        }
    }

    private bool GoOn()
    {
        lock (_sending)
        {
            Volatile.Write(ref _waitsForRoom, false);
            return Flush();
        }
    }
}
