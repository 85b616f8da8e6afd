using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>
/// Asks for an echo and reads what comes back. <see cref="Ping"/> does not tell a computer that is not there from a way that is too long: it reads
/// the kernel's error number alone, which is EHOSTUNREACH for both (icmp(7)).
/// </summary>
internal static class EchoSocket
{
    private const int IpReceiveErrors = 11;

    /// <summary>Packets that are read after the end at most: a raw socket has those of all others.</summary>
    private const int MostLate = 1000;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks.</summary>
    /// <param name="address">Whom.</param>
    /// <param name="options">How many hops it may take, and whether in fragments; null for what the kernel takes.</param>
    /// <param name="patience">How long to wait for an answer.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What came; null if this process may have no raw socket.</returns>
    /// <exception cref="SocketException">It cannot be sent.</exception>
    public static PingReplyDetails? Send(IPAddress address, PingOptions? options, TimeSpan patience, CancellationToken cancellation)
    {
        using Socket? socket = Open(address, options);
        if (socket is null)
        {
            return null;
        }

        EchoMessage message = new(address, (uint)Random.Shared.NextInt64(1L << 32));
        _ = socket.SendTo(message.ToBytes(), new IPEndPoint(address, 0));
        long sent = Stopwatch.GetTimestamp();
        byte[] buffer = new byte[ushort.MaxValue];

        // What has come by the end is read after it too, as this process may have waited for a processor.
        for (int late = 0; late < MostLate;)
        {
            cancellation.ThrowIfCancellationRequested();
            TimeSpan left = patience - Stopwatch.GetElapsedTime(sent);
            bool isLate = left <= TimeSpan.Zero;
            bool hasCome = socket.Poll(isLate ? TimeSpan.Zero : left < s_step ? left : s_step, SelectMode.SelectRead);
            late += !isLate ? 0 : hasCome ? 1 : MostLate;
            if (hasCome)
            {
                EndPoint sender = new IPEndPoint(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
                int length = socket.ReceiveFrom(buffer, ref sender);
                if (message.Read(buffer.AsSpan(0, length), ((IPEndPoint)sender).Address, (long)Stopwatch.GetElapsedTime(sent).TotalMilliseconds) is { } reply)
                {
                    return reply;
                }
            }
        }

        return new PingReplyDetails(IPStatus.TimedOut, IPAddress.Any);
    }

    private static Socket? Open(IPAddress address, PingOptions? options)
    {
        bool isIpv4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        Socket socket;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Raw, isIpv4 ? ProtocolType.Icmp : ProtocolType.IcmpV6);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AccessDenied)
        {
            return null;
        }

        if (isIpv4)
        {
            // The messages are read, not their error numbers, which .NET asks for too.
            socket.SetRawSocketOption((int)SocketOptionLevel.IP, IpReceiveErrors, BitConverter.GetBytes(0));
        }

        if (options is not null)
        {
            socket.Ttl = (short)options.Ttl;
            if (isIpv4)
            {
                socket.DontFragment = options.DontFragment;
            }
        }

        return socket;
    }
}
