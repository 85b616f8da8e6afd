using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// A TCP stream that the neighbour outside receives, and its clock. What a limit lets through at most is known whatever the computer does meanwhile:
/// who waits for a processor receives less, and reads the clock later.
/// </summary>
internal sealed class NeighbourMeter : IDisposable
{
    /// <summary>Bytes of a packet at most: segments are left to the kernel, which takes 64 KiB and headers.</summary>
    private const int LongestPacket = 66_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Socket _listener;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly int _window;
    private Socket? _stream;

    /// <summary>Listens.</summary>
    /// <param name="outside">The neighbour.</param>
    /// <param name="address">Its address.</param>
    public NeighbourMeter(NetworkSandbox outside, string address)
    {
        _listener = outside.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

        // Set before there is a connection: that is what keeps the kernel from making more room than this later (tcp(7)).
        _listener.ReceiveBufferSize = 1 << 16;
        _window = _listener.ReceiveBufferSize;
        _listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        _listener.Listen();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Waits for who sends.</summary>
    public void Accept()
    {
        _ = _listener.Poll(Patience, SelectMode.SelectRead);
        _stream = _listener.Accept();
        _stream.ReceiveTimeout = (int)Patience.TotalMilliseconds;
    }

    /// <summary>Receives for as long as a limit should take for some seconds of it. Never may there be more than it lets through.</summary>
    /// <param name="bitsPerSecond">The limit, which acts already.</param>
    public void ReceiveWithin(long bitsPerSecond)
    {
        long begin = Stopwatch.GetTimestamp();
        long received = 0;
        double burst = 0;
        (long receivedBefore, TimeSpan before) = (0, TimeSpan.Zero);
        TimeSpan passed = TimeSpan.Zero;
        while (received < BytesFor(bitsPerSecond))
        {
            received += Receive();
            passed = Stopwatch.GetElapsedTime(begin);
            burst = Math.Max(burst, received - (passed.TotalSeconds * bitsPerSecond / 8));
            Assert.True(received <= Most(bitsPerSecond, passed), $"{received} bytes were received within {passed}, but {bitsPerSecond} bit/s let through {Most(bitsPerSecond, passed):F0} at most.");
            if (receivedBefore == 0 && received >= bitsPerSecond / 8)
            {
                (receivedBefore, before) = (received, passed);
            }
        }

        double seen = (received - receivedBefore) * 8 / (passed - before).TotalSeconds;
        Tell($"limit {Mega(bitsPerSecond)} Mbit/s: {Mega(seen)} Mbit/s seen; {burst:F0} bytes before their time at most, {Most(bitsPerSecond, TimeSpan.Zero):F0} allowed");
    }

    /// <summary>Receives until there were more within a time than a limit would have let through.</summary>
    /// <param name="bitsPerSecond">The limit, which must not act.</param>
    public void ReceiveMoreThan(long bitsPerSecond) => FindMoreThan(bitsPerSecond, ReceiveAtLeast);

    /// <summary>Sends to who is connected, and answers with a byte for each <see cref="BytesFor"/>, until more came there within a time than a limit lets through.</summary>
    /// <param name="bitsPerSecond">The limit, which must not act.</param>
    public void SendMoreThan(long bitsPerSecond) => FindMoreThan(bitsPerSecond, bytes =>
    {
        for (long sent = 0; sent < bytes;)
        {
            sent += _stream!.Send(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, bytes - sent)));
        }

        Assert.Equal(1, Receive());
    });

    /// <summary>How many bytes a limit is tried with.</summary>
    /// <param name="bitsPerSecond">The limit.</param>
    /// <returns>Those of three seconds.</returns>
    public static long BytesFor(long bitsPerSecond) => 3 * bitsPerSecond / 8;

    /// <summary>How fast it is without a limit.</summary>
    /// <returns>Bits a second.</returns>
    public double ReceiveFreely()
    {
        const long Bytes = 64 << 20;
        long begin = Stopwatch.GetTimestamp();
        ReceiveAtLeast(Bytes);
        double seen = Bytes * 8 / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Tell($"no limit: {Mega(seen)} Mbit/s seen");
        return seen;
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _listener.Dispose();
    }

    private void FindMoreThan(long bitsPerSecond, Action<long> pass)
    {
        long bytes = BytesFor(bitsPerSecond);
        TimeSpan passed = TimeSpan.Zero;

        // The computer may have other things to do now and then.
        for (int tries = 0; tries < 20; tries++)
        {
            long begin = Stopwatch.GetTimestamp();
            pass(bytes);
            passed = Stopwatch.GetElapsedTime(begin);
            if (bytes > Most(bitsPerSecond, passed))
            {
                Tell($"not limited to {Mega(bitsPerSecond)} Mbit/s: {Mega(bytes * 8 / passed.TotalSeconds)} Mbit/s seen");
                return;
            }
        }

        Assert.Fail($"{bytes} bytes never passed in less time than {bitsPerSecond} bit/s need; the last took {passed}.");
    }

    private void ReceiveAtLeast(long bytes)
    {
        for (long received = 0; received < bytes;)
        {
            received += Receive();
        }
    }

    private int Receive()
    {
        int length = _stream!.Receive(_buffer);
        return length > 0 ? length : throw new InvalidOperationException("The stream has ended.");
    }

    // The limit, a burst of a tenth of a second, a packet that may be longer than what is left of it, and what was on its way before, which TCP
    // keeps below the room for it.
    private double Most(long bitsPerSecond, TimeSpan passed) => ((passed.TotalSeconds + 0.1) * bitsPerSecond / 8) + LongestPacket + _window;

    private static string Mega(double bits) => (bits / 1e6).ToString("F2", CultureInfo.InvariantCulture);

    private static void Tell(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
