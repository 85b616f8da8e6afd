using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>Sends and receives in sandboxes, with sockets of .NET.</summary>
public static class Traffic
{
    private const int Milliseconds = 1000;
    private const int Tries = 10;
    private static int s_pings = 0x4E00;

    /// <summary>Whether an ICMP echo is answered (RFC 792, RFC 4443).</summary>
    public static bool Pings(NetworkSandbox from, string address, int tries = Tries) => from.Inside(() =>
    {
        IPAddress target = IPAddress.Parse(address);
        bool ipv4 = target.AddressFamily == AddressFamily.InterNetwork;
        using Socket socket = new(target.AddressFamily, SocketType.Raw, ipv4 ? ProtocolType.Icmp : ProtocolType.IcmpV6) { ReceiveTimeout = Milliseconds };

        // Another identifier each time: to connection tracking a known one is a known conversation.
        int number = Interlocked.Increment(ref s_pings);
        byte[] request = [(byte)(ipv4 ? 8 : 128), 0, 0, 0, (byte)(number >> 8), (byte)number, 0, 1];
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), Checksum(request));
        byte[] answer = new byte[2048];
        for (int i = 0; i < tries; i++)
        {
            try
            {
                _ = socket.SendTo(request, new IPEndPoint(target, 0));
                EndPoint sender = new IPEndPoint(ipv4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
                while (true)
                {
                    int length = socket.ReceiveFrom(answer, ref sender);

                    // Raw IPv4 sockets receive the header too.
                    int at = ipv4 ? (answer[0] & 0xF) * 4 : 0;
                    if (length >= at + 8 && answer[at] == (ipv4 ? 0 : 129) && answer.AsSpan(at + 4, 2).SequenceEqual(request.AsSpan(4, 2)))
                    {
                        return true;
                    }
                }
            }
            catch (SocketException)
            {
                // No answer in time, or no way there: once more.
            }
        }

        return false;
    });

    /// <summary>A TCP server that answers each connection with the peer's address as it sees it.</summary>
    public static Socket Serve(NetworkSandbox at, int port)
    {
        Socket listener = at.Inside(() =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen();
            return socket;
        });
        Thread thread = new(() =>
        {
            try
            {
                while (true)
                {
                    using Socket connection = listener.Accept();
                    _ = connection.Send(System.Text.Encoding.ASCII.GetBytes(((IPEndPoint)connection.RemoteEndPoint!).Address.ToString()));
                }
            }
            catch (SocketException)
            {
                // The test has closed it.
            }
            catch (ObjectDisposedException)
            {
                // Likewise.
            }
        })
        { IsBackground = true };
        thread.Start();
        return listener;
    }

    /// <summary>A UDP server that answers each datagram with the peer's address as it sees it.</summary>
    public static Socket ServeDatagrams(NetworkSandbox at, int port)
    {
        Socket server = at.Inside(() =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return socket;
        });
        Thread thread = new(() =>
        {
            byte[] buffer = new byte[2048];
            try
            {
                while (true)
                {
                    EndPoint peer = new IPEndPoint(IPAddress.Any, 0);
                    _ = server.ReceiveFrom(buffer, ref peer);
                    _ = server.SendTo(System.Text.Encoding.ASCII.GetBytes(((IPEndPoint)peer).Address.ToString()), peer);
                }
            }
            catch (SocketException)
            {
                // The test has closed it.
            }
            catch (ObjectDisposedException)
            {
                // Likewise.
            }
        })
        { IsBackground = true };
        thread.Start();
        return server;
    }

    /// <summary>What a TCP server of <see cref="Serve"/> says; null if it cannot be reached.</summary>
    public static string? Connect(NetworkSandbox from, string address, int port) => from.Inside(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10 * Milliseconds };
        try
        {
            // The kernel's limit for a connection that nobody answers is minutes.
            socket.SetRawSocketOption(6, 18, BitConverter.GetBytes(3 * Milliseconds));
            socket.Connect(IPAddress.Parse(address), port);
            byte[] answer = new byte[64];
            return System.Text.Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
        }
        catch (SocketException)
        {
            return null;
        }
    });

    /// <summary>What a UDP server of <see cref="ServeDatagrams"/> says; null if it does not answer.</summary>
    public static string? Ask(NetworkSandbox from, string address, int port) => from.Inside(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = Milliseconds };
        byte[] answer = new byte[64];
        for (int i = 0; i < Tries; i++)
        {
            try
            {
                _ = socket.SendTo([1], new IPEndPoint(IPAddress.Parse(address), port));
                return System.Text.Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
            }
            catch (SocketException)
            {
                // No answer in time, or no way there: once more.
            }
        }

        return null;
    });

    private static ushort Checksum(byte[] packet)
    {
        uint sum = 0;
        for (int i = 0; i < packet.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(i));
        }

        return (ushort)~(sum + (sum >> 16));
    }
}
