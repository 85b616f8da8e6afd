using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>Reaches for a computer.</summary>
/// <param name="cancellation">Ends it.</param>
/// <param name="warn">Told what failed.</param>
internal sealed class ConnectionTester(CancellationToken cancellation, Action<string> warn)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>The address of a name; null if it has none.</summary>
    public IPAddress? Resolve(string name)
    {
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(name, out IPAddress? literal)
                ? [literal]
                : Dns.GetHostAddressesAsync(name, cancellation).GetAwaiter().GetResult();
            return addresses.FirstOrDefault(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) ?? addresses[0];
        }
        catch (Exception error) when (error is SocketException or ArgumentException or IndexOutOfRangeException)
        {
            warn($"Name resolution of {name} failed");
            return null;
        }
    }

    /// <summary>The address that packets to another would come from; null if there is no way.</summary>
    public static IPAddress? SourceOf(IPAddress address)
    {
        try
        {
            // Connecting a UDP socket sends nothing; the kernel looks the route up.
            using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Whether a TCP port can be connected to.</summary>
    public bool Connect(IPAddress address, int port)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.ConnectAsync(new IPEndPoint(address, port), cancellation).AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (SocketException error)
        {
            warn($"TCP connect to ({address} : {port}) failed: {error.Message}");
            return false;
        }
    }

    /// <summary>The answer to a ping; null if none could be sent.</summary>
    public PingReplyDetails? Ping(IPAddress address)
    {
        PingReplyDetails? reply = Send(address, null);
        if (reply is { Status: not IPStatus.Success })
        {
            warn($"Ping to {address} failed with status: {reply.Status}");
        }

        return reply;
    }

    /// <summary>The routers on the way and the computer itself.</summary>
    public List<string> Trace(IPAddress address, int hops)
    {
        List<string> way = [];
        for (int hop = 1; hop <= hops; hop++)
        {
            PingReplyDetails? reply = Send(address, new PingOptions(hop, dontFragment: true));
            way.Add(reply is null or { Status: IPStatus.TimedOut } ? "0.0.0.0" : reply.Address.ToString());
            if (reply is not { Status: IPStatus.TtlExpired or IPStatus.TimedOut })
            {
                break;
            }
        }

        return way;
    }

    private PingReplyDetails? Send(IPAddress address, PingOptions? options)
    {
        try
        {
            return EchoSocket.Send(address, options, s_patience, cancellation) ?? SendByProgram(address, options);
        }
        catch (Exception error) when (error is PingException or PlatformNotSupportedException or SocketException)
        {
            warn($"Ping to {address} failed: {error.InnerException?.Message ?? error.Message}");
            return null;
        }
    }

    // Who may have no raw socket has ping(8), by .NET. That does not tell who is not there from who does not answer: both are TimedOut.
    private PingReplyDetails SendByProgram(IPAddress address, PingOptions? options)
    {
        using Ping ping = new();
        PingReply reply = ping.SendPingAsync(address, s_patience, null, options, cancellation).GetAwaiter().GetResult();
        return new PingReplyDetails(reply.Status, reply.Address, reply.RoundtripTime, reply.Options, reply.Buffer);
    }
}
