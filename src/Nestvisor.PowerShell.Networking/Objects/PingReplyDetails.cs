using System.Net;
using System.Net.NetworkInformation;

namespace Nestvisor.NetworkCommands;

/// <summary>What came back for a ping. Its properties are those of <see cref="PingReply"/>, which has no public constructor.</summary>
public sealed class PingReplyDetails
{
    internal PingReplyDetails(IPStatus status, IPAddress address, long roundtripTime = 0, PingOptions? options = null, byte[]? buffer = null)
    {
        Status = status;
        Address = address;
        RoundtripTime = roundtripTime;
        Options = options;
        Buffer = buffer ?? [];
    }

    /// <summary>Success, or why there was none.</summary>
    public IPStatus Status { get; }

    /// <summary>Who said so: the computer that was pinged, a router, or this host; 0.0.0.0 if nobody said anything.</summary>
    public IPAddress Address { get; }

    /// <summary>Milliseconds until it came; 0 if nothing did.</summary>
    public long RoundtripTime { get; }

    /// <summary>How it came; null if that is not known.</summary>
    public PingOptions? Options { get; }

    /// <summary>The bytes that came back; empty if there was no answer.</summary>
    public byte[] Buffer { get; }
}
