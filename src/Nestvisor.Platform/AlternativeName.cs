using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Nestvisor.Platform;

/// <summary>
/// Alternative names of network interfaces, which may have blanks: ip(8) refuses those, the kernel does not (RTM_NEWLINKPROP, rtnetlink(7)).
/// </summary>
public static unsafe partial class AlternativeName
{
    /// <summary>Most bytes of one in UTF-8 (ALTIFNAMSIZ less the terminating zero).</summary>
    public const int MaxLength = 127;

    private const int NetlinkFamily = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const ushort NewLinkProperty = 108;
    private const ushort DeleteLinkProperty = 109;
    private const ushort ErrorMessage = 2;
    private const ushort RequestAcknowledge = 0x1 | 0x4;
    private const ushort CreateExclusiveAppend = 0x400 | 0x200 | 0x800;
    private const ushort PropertyList = 52 | 0x8000;
    private const ushort AlternativeInterfaceName = 53;
    private const int HeaderLength = 16;
    private const int InterfaceLength = 16;
    private const int AttributeLength = 4;

    /// <summary>Gives an interface of this thread's network namespace an alternative name.</summary>
    /// <param name="index">Number of the interface.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="Win32Exception">The kernel refused: another interface has it, or it is too long; the exception's number is errno.</exception>
    public static void Add(int index, string name) => Change(NewLinkProperty, CreateExclusiveAppend, index, name);

    /// <summary>Takes an alternative name from an interface of this thread's network namespace.</summary>
    /// <param name="index">Number of the interface.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="Win32Exception">The kernel refused; the exception's number is errno.</exception>
    public static void Remove(int index, string name) => Change(DeleteLinkProperty, 0, index, name);

    private static void Change(ushort type, ushort flags, int index, string name)
    {
        byte[] message = Encode(type, flags, index, name);
        int descriptor = socket(NetlinkFamily, RawCloseOnExec, 0);
        using FileDescriptor connection = descriptor < 0 ? throw LinuxError.Last("Cannot speak to the kernel's network") : new FileDescriptor(descriptor);
        byte[] answer = new byte[4096];

        // SAFETY: both arrays are pinned for the calls, and their lengths bound what is read and written.
        fixed (byte* request = message, reply = answer)
        {
            if (send(connection.Value, request, (nuint)message.Length, 0) != message.Length)
            {
                throw LinuxError.Last($"Cannot name a network interface '{name}'");
            }

            // struct nlmsghdr, then the negative errno, 0 for success.
            nint length = recv(connection.Value, reply, (nuint)answer.Length, 0);
            int error = length >= HeaderLength + 4 && BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(4)) == ErrorMessage
                ? -BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(HeaderLength))
                : LinuxError.Fault;
            if (error != 0)
            {
                throw LinuxError.Create(error, $"Cannot name a network interface '{name}'");
            }
        }
    }

    // struct nlmsghdr, struct ifinfomsg, IFLA_PROP_LIST with IFLA_ALT_IFNAME in it; x86-64 is little-endian.
    private static byte[] Encode(ushort type, ushort flags, int index, string name)
    {
        int text = Encoding.UTF8.GetByteCount(name) + 1;
        int inner = AttributeLength + text;
        int outer = AttributeLength + ((inner + 3) & ~3);
        byte[] message = new byte[HeaderLength + InterfaceLength + outer];
        Span<byte> at = message;
        BinaryPrimitives.WriteInt32LittleEndian(at, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(at[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(at[6..], (ushort)(RequestAcknowledge | flags));
        BinaryPrimitives.WriteInt32LittleEndian(at[(HeaderLength + 4)..], index);
        at = at[(HeaderLength + InterfaceLength)..];
        BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)outer);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], PropertyList);
        at = at[AttributeLength..];
        BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)inner);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], AlternativeInterfaceName);
        _ = Encoding.UTF8.GetBytes(name, at[AttributeLength..]);
        return message;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);
}
