using System.Diagnostics;
using System.Net;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Networking.Tests.Host;
using Nestvisor.Platform;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>A virtual machine's adapter as its worker has it, on a TAP interface that the service has made: it asks for addresses (RFC 826).</summary>
internal sealed class TapNeighbour : IDisposable
{
    private const int OfReply = 2;
    private readonly byte[] _buffer = new byte[PacketHeader.MaxPacketLength];
    private readonly SwitchPort _port;
    private readonly PortPolicy _policy;
    private readonly IPAddress _own;

    public TapNeighbour(NetworkSandbox host, string tap, PortPolicy policy, string own)
    {
        _policy = policy;
        _own = IPAddress.Parse(own);
        _port = new SwitchPort(host.Inside(() => new TapPort(TapDevice.Open(tap, 1), connected: true)), policy, TimeProvider.System);
        TestService.Until(() => host.Run($"bridge link show dev {tap}").Contains("state forwarding", StringComparison.Ordinal), "the port forwards");
    }

    /// <summary>Sends the question who has an address, once.</summary>
    public void Ask(string address)
    {
        byte[] packet = new byte[PacketHeader.Size + 60];
        Span<byte> frame = packet.AsSpan(PacketHeader.Size);
        frame[..MacAddress.Length].Fill(0xFF);
        _policy.Address.CopyTo(frame[6..]);
        Convert.FromHexString("08060001080006040001").CopyTo(frame[12..]);
        _policy.Address.CopyTo(frame[22..]);
        _own.GetAddressBytes().CopyTo(frame[28..]);
        IPAddress.Parse(address).GetAddressBytes().CopyTo(frame[38..]);
        Assert.True(_port.TrySend(0, packet));
    }

    /// <summary>Asks who has an address until somebody answers.</summary>
    public string Resolve(string address)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            Ask(address);
            for (int i = 0; i < 1000; i++)
            {
                if (ReadAnswer(address) is { } answer)
                {
                    return answer;
                }

                Thread.Yield();
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"Nobody answers for {address}.");
        }
    }

    public void Dispose() => _port.Dispose();

    private string? ReadAnswer(string address)
    {
        while (_port.Receive(0, _buffer) is { IsEmpty: false } packet)
        {
            FrameView frame = new(packet[PacketHeader.Size..]);
            if (frame.GetPayload(out ushort type) is var payload && type == 0x0806 && frame.ReadUInt16(payload + 6) == OfReply
                && frame.Slice(payload + 14, 4).SequenceEqual(IPAddress.Parse(address).GetAddressBytes()))
            {
                return MacAddress.Read(frame.Slice(payload + 8, MacAddress.Length)).ToString();
            }
        }

        return null;
    }
}
