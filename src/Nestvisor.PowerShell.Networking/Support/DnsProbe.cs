using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>Asks a DNS server for the name servers of the root, as Windows does to see whether it is one (RFC 1035 §4.1).</summary>
internal static class DnsProbe
{
    private const int Port = 53;
    private const int Tries = 2;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    /// <summary>Whether a server answers.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static bool Answers(string server, CancellationToken cancellation) => Answers(new IPEndPoint(IPAddress.Parse(server), Port), cancellation);

    /// <summary>Whether a server answers at an address and a port.</summary>
    internal static bool Answers(IPEndPoint server, CancellationToken cancellation)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        byte[] answer = new byte[512];
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            byte[] question = Question();
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Wait);
            try
            {
                socket.Connect(server);
                _ = socket.Send(question);
                int length = socket.ReceiveAsync(answer.AsMemory(), limit.Token).AsTask().GetAwaiter().GetResult();

                // The same identifier, and the bit that makes it an answer.
                if (length >= 12 && answer.AsSpan(0, 2).SequenceEqual(question.AsSpan(0, 2)) && (answer[2] & 0x80) != 0)
                {
                    return true;
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // No answer in time.
            }
            catch (SocketException)
            {
                // No way to it, or nothing there.
                return false;
            }
        }

        return false;
    }

    // Header: identifier, recursion desired, one question. Question: the root, type NS, class IN.
    private static byte[] Question()
    {
        byte[] question = new byte[17];

        // Random too, but RandomNumberGenerator needs OpenSSL's library, which a small system may not have.
        Guid.NewGuid().ToByteArray().AsSpan(0, 2).CopyTo(question);
        question[2] = 0x01;
        question[5] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(13), 2);
        BinaryPrimitives.WriteUInt16BigEndian(question.AsSpan(15), 1);
        return question;
    }
}
