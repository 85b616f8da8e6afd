using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>
/// One end of a connected UNIX stream socket (unix(7)) whose calls never wait. Bytes are sent and received by one thread at a time; another
/// may watch it.
/// </summary>
public sealed unsafe partial class StreamSocket : IDisposable
{
    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;
    private const short Readable = 0x001;
    private const short Writable = 0x004;
    private const short Failed = 0x008;
    private const short HungUp = 0x010;
    private const short PeerShutDown = 0x2000;

    private readonly Socket _socket;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket; disposed with this one, and not to be used otherwise.</param>
    public StreamSocket(Socket socket) => _socket = socket;

    /// <summary>The descriptor, readable when bytes wait or the other end is gone; valid until <see cref="Dispose"/>.</summary>
    public int Descriptor => (int)_socket.Handle;

    /// <summary>Connects to a socket of the file system.</summary>
    /// <param name="path">Its path, at most 107 bytes.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="Win32Exception">Nobody listens there; the exception's number is errno.</exception>
    /// <exception cref="ArgumentException">The path is too long.</exception>
    public static StreamSocket Connect(string path)
    {
        UnixDomainSocketEndPoint address = new(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(address);
            return new StreamSocket(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new Win32Exception(error.NativeErrorCode, $"Cannot connect to '{path}': {error.Message}.");
        }
    }

    /// <summary>Sends as many bytes as there is room for now.</summary>
    /// <param name="bytes">The bytes, at least one.</param>
    /// <returns>How many were taken, or the negative errno; <see cref="LinuxError.Again"/> if there is no room.</returns>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        // SAFETY: the span is pinned for the call and its length bounds what the kernel reads.
        fixed (byte* first = bytes)
        {
            return Result(send(Descriptor, first, (nuint)bytes.Length, DoNotWait | NoSignal));
        }
    }

    /// <summary>Receives what has arrived.</summary>
    /// <param name="buffer">Where to; not empty.</param>
    /// <returns>
    /// How many bytes; 0 if the other end is gone; or the negative errno, <see cref="LinuxError.Again"/> if nothing has arrived.
    /// </returns>
    public int Receive(Span<byte> buffer)
    {
        // SAFETY: the span is pinned for the call and its length bounds what the kernel writes.
        fixed (byte* first = buffer)
        {
            return Result(recv(Descriptor, first, (nuint)buffer.Length, DoNotWait));
        }
    }

    /// <summary>Waits for the end of the connection, and perhaps for room to send.</summary>
    /// <param name="bell">Ends the wait too; it is reset.</param>
    /// <param name="forRoom">Whether to wait for room.</param>
    /// <param name="hasRoom">Receives whether there is room; false if it was not asked for.</param>
    /// <returns>False if the other end is gone.</returns>
    public bool Wait(EventDescriptor bell, bool forRoom, out bool hasRoom)
    {
        Polled* polled = stackalloc Polled[2];
        polled[0] = new Polled { Descriptor = Descriptor, Events = (short)(PeerShutDown | (forRoom ? Writable : 0)) };
        polled[1] = new Polled { Descriptor = bell.Value, Events = Readable };

        // SAFETY: the kernel reads and writes the two entries, which are on this stack.
        if (poll(polled, 2, -1) < 0)
        {
            polled[0].Returned = 0;
            polled[1].Returned = 0;
        }

        if (polled[1].Returned != 0)
        {
            _ = bell.Drain();
        }

        hasRoom = (polled[0].Returned & Writable) != 0;
        return (polled[0].Returned & (PeerShutDown | HungUp | Failed)) == 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static int Result(nint count) => count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* buffer, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* buffer, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(Polled* descriptors, ulong count, int milliseconds);

    // struct pollfd.
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
