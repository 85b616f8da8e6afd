using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Nestvisor.Platform;

/// <summary>
/// The user's end of a TAP network interface that exists already (Documentation/networking/tuntap.rst), with a virtio header of 12 bytes
/// before each frame, non-blocking, and one descriptor a queue.
/// </summary>
public sealed unsafe partial class TapDevice : IDisposable
{
    private const string ControlDevice = "/dev/net/tun";
    private const uint SetInterface = 0x4004_54CA; // TUNSETIFF
    private const uint SetHeaderSize = 0x4004_54D8; // TUNSETVNETHDRSZ
    private const short Tap = 0x0002;
    private const short NoPacketInformation = 0x1000;
    private const short HeaderFirst = 0x4000;
    private const short MultipleQueues = 0x0100;
    private const short AttachQueue = 0x0200;
    private const short DetachQueue = 0x0400;
    private const int NameLength = 16;
    private const int HeaderSize = 12;

    private readonly FileDescriptor[] _queues;

    private TapDevice(string name, FileDescriptor[] queues)
    {
        Name = name;
        _queues = queues;
        ActiveQueues = queues.Length;
    }

    /// <summary>Request that sets what the kernel may leave to the reader: <see cref="SetOffloads"/> (TUNSETOFFLOAD).</summary>
    public const uint SetOffloadsRequest = 0x4004_54D0;

    /// <summary>Request that attaches and detaches queues: <see cref="SetActiveQueues"/> (TUNSETQUEUE).</summary>
    public const uint SetQueueRequest = 0x4004_54D9;

    /// <summary>Name of the interface, at most 15 bytes.</summary>
    public string Name { get; }

    /// <summary>Number of queues.</summary>
    public int QueueCount => _queues.Length;

    /// <summary>How many of the queues, the first ones, the kernel gives frames to.</summary>
    public int ActiveQueues { get; private set; }

    /// <summary>Opens the user's end of an interface that was made with several queues.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="queues">Number of queues, at least 1.</param>
    /// <returns>The device.</returns>
    /// <exception cref="Win32Exception">The kernel refused; the exception's number is errno.</exception>
    public static TapDevice Open(string name, int queues)
    {
        FileDescriptor[] descriptors = new FileDescriptor[queues];
        try
        {
            for (int i = 0; i < queues; i++)
            {
                descriptors[i] = FileDescriptor.OpenReadWriteFile(ControlDevice, nonBlocking: true);
                InterfaceRequest request = InterfaceRequest.For(name, Tap | NoPacketInformation | HeaderFirst | MultipleQueues);
                Check(IoControl.Call(descriptors[i].Value, SetInterface, ref request), $"Cannot attach to the network interface '{name}'");
                int size = HeaderSize;
                Check(IoControl.Call(descriptors[i].Value, SetHeaderSize, ref size), $"Cannot set the header of the network interface '{name}'");
            }

            TapDevice device = new(name, descriptors);
            descriptors = [];
            return device;
        }
        finally
        {
            foreach (FileDescriptor? descriptor in descriptors)
            {
                descriptor?.Dispose();
            }
        }
    }

    /// <summary>The descriptor of a queue, readable when frames wait.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <returns>The descriptor.</returns>
    public int GetDescriptor(int queue) => _queues[queue].Value;

    /// <summary>Sets which work the kernel may leave to the reader.</summary>
    /// <param name="offloads">The work.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public void SetOffloads(TapOffloads offloads) =>
        Check(IoControl.Call(_queues[0].Value, SetOffloadsRequest, (nuint)offloads), $"Cannot set the offloads of the network interface '{Name}'");

    /// <summary>Sets how many queues the kernel gives frames to.</summary>
    /// <param name="count">1 to <see cref="QueueCount"/>; the first ones.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public void SetActiveQueues(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, QueueCount);
        while (ActiveQueues != count)
        {
            bool attach = ActiveQueues < count;
            int queue = attach ? ActiveQueues : ActiveQueues - 1;
            InterfaceRequest request = InterfaceRequest.For("", attach ? AttachQueue : DetachQueue);
            Check(IoControl.Call(_queues[queue].Value, SetQueueRequest, ref request), $"Cannot switch a queue of the network interface '{Name}'");
            ActiveQueues += attach ? 1 : -1;
        }
    }

    /// <summary>Writes a frame behind its header.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <param name="packet">Header and frame.</param>
    /// <returns>0, or the negative errno.</returns>
    public int Write(int queue, ReadOnlySpan<byte> packet)
    {
        // SAFETY: the span is pinned for the call and its length bounds what the kernel reads.
        fixed (byte* bytes = packet)
        {
            return write(_queues[queue].Value, bytes, (nuint)packet.Length) < 0 ? -Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>Writes a frame behind its header, of which only the beginning is in one piece.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <param name="head">Header and beginning of the frame.</param>
    /// <param name="rest">The rest.</param>
    /// <returns>0, or the negative errno.</returns>
    public int Write(int queue, ReadOnlySpan<byte> head, MemoryPieces rest)
    {
        // SAFETY: head and list are pinned for the call; the list's own memory does not move, and lengths bound what the kernel reads.
        fixed (byte* bytes = head)
        {
            fixed (MemoryPieces.Piece* pieces = &rest.Begin(bytes, head.Length, out int count))
            {
                return writev(_queues[queue].Value, pieces, count) < 0 ? -Marshal.GetLastPInvokeError() : 0;
            }
        }
    }

    /// <summary>Reads the next frame behind its header.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <param name="buffer">Where to.</param>
    /// <returns>Bytes of header and frame, or the negative errno; <see cref="LinuxError.Again"/> if there is none.</returns>
    public int Read(int queue, Span<byte> buffer)
    {
        // SAFETY: the span is pinned for the call and its length bounds what the kernel writes.
        fixed (byte* bytes = buffer)
        {
            nint count = read(_queues[queue].Value, bytes, (nuint)buffer.Length);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor queue in _queues)
        {
            queue.Dispose();
        }
    }

    private static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw LinuxError.Create(-result, what);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint writev(int fd, MemoryPieces.Piece* pieces, int count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    // struct ifreq with ifr_flags.
    [StructLayout(LayoutKind.Sequential)]
    private struct InterfaceRequest
    {
        private fixed byte _name[NameLength];
        private short _flags;
        private fixed byte _rest[22];

        public static InterfaceRequest For(string name, int flags)
        {
            InterfaceRequest request = new() { _flags = (short)flags };
            if (Encoding.UTF8.GetByteCount(name) >= NameLength)
            {
                throw new ArgumentException($"'{name}' is too long for the name of a network interface.", nameof(name));
            }

            _ = Encoding.UTF8.GetBytes(name, new Span<byte>(request._name, NameLength));
            return request;
        }
    }
}
