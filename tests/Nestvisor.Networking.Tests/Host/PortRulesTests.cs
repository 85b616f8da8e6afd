using System.Buffers.Binary;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>Two TAP interfaces on a bridge of the kernel; frames go in at one and come out at the other, or do not.</summary>
public sealed class PortRulesTests : IDisposable
{
    private const string Bridge = "nvs00000001";
    private const string Mark = "nestvisor.00000000.switch.00000001-0000-0000-0000-000000000000";
    private static readonly byte[] Plain = [0x88, 0xB5, 1];

    private readonly NetworkSandbox _host = new();
    private readonly HostKernel _kernel;
    private readonly Dictionary<string, TapDevice> _taps = [];

    public PortRulesTests() => _kernel = new HostKernel(new NetworkHost(_host.Runner, "00000000"), "/nonexistent");

    public void Dispose()
    {
        foreach (TapDevice tap in _taps.Values)
        {
            tap.Dispose();
        }

        _host.Dispose();
    }

    [Fact]
    public async Task Port_WithoutSpoofing_SendsFromItsOwnAddressOnly()
    {
        await MakeAsync(new PortPolicy { Address = TestPacket.Mac(TestPacket.Own) });

        Assert.True(Passes(Plain));
        Assert.False(Passes(Plain, TestPacket.Other));
        Assert.Equal((1L, 0L), await CountAsync());
    }

    [Fact]
    public async Task Port_WithSpoofing_SendsFromOtherAddressesAndGetsWhatIsForThem()
    {
        await MakeAsync(new PortPolicy { Address = TestPacket.Mac(TestPacket.Own), MacAddressSpoofing = true });

        Assert.True(Passes(Plain, TestPacket.Other));
        Assert.True(Sent("nvt00000002", "nvt00000001", Plain, TestPacket.Own, TestPacket.Other));
        Assert.Equal((0L, 0L), await CountAsync());
    }

    [Fact]
    public async Task Port_WithoutSpoofing_GetsNothingForOthers()
    {
        await MakeAsync(new PortPolicy { Address = TestPacket.Mac(TestPacket.Own) });

        Assert.False(Sent("nvt00000002", "nvt00000001", Plain, TestPacket.Other, "02:00:00:00:00:77"));
        Assert.True(Sent("nvt00000002", "nvt00000001", Plain, TestPacket.Other, TestPacket.Own));
    }

    [Fact]
    public async Task Port_SpoofingSwitchedOnAndOff_ActsAtOnce()
    {
        PortPolicy strict = new() { Address = TestPacket.Mac(TestPacket.Own) };
        await MakeAsync(strict);
        Assert.False(Passes(Plain, TestPacket.Other));

        await SetAsync(strict with { MacAddressSpoofing = true });
        Assert.True(Passes(Plain, TestPacket.Other));
        await SetAsync(strict);
        Assert.False(Passes(Plain, TestPacket.Other));

        Assert.Equal((2L, 0L), await CountAsync());
    }

    [Theory]
    [InlineData("untagged", "", "0", "5 ad")]
    [InlineData("access 5", "5", "", " 0 6 ad")]
    [InlineData("trunk 0: 7-9 4094", " 0 7 8 9 4094", "", "1 6 10 4093 ad")]
    [InlineData("trunk 3: 7", "3 7", "", " 0 4 8 ad")]
    public async Task Port_OfAVlan_PassesTheTagsThatItMayHave(string setting, string pass, string priority, string drop)
    {
        await MakeAsync(new PortPolicy { Address = TestPacket.Mac(TestPacket.Own), Vlan = VlanOf(setting) });

        foreach (string tag in (pass + " " + priority).Split(' ').Distinct())
        {
            Assert.True(Passes(Tagged(tag)) || (tag.Length == 0 && drop.StartsWith(' ')), $"A frame with the tag '{tag}' does not pass.");
        }

        long dropped = (await CountAsync()).Tagged;
        string[] wrong = drop.Split(' ');
        foreach (string tag in wrong)
        {
            Assert.False(Passes(Tagged(tag)), $"A frame with the tag '{tag}' passes.");
        }

        Assert.Equal((0L, dropped + wrong.Length), await CountAsync());
    }

    [Theory]
    [InlineData("untagged", "", "5 ad")]
    [InlineData("access 5", "5", " 0 6 ad")]
    public async Task HostAdapter_OfAVlan_GetsFramesOfItOnly(string setting, string pass, string drop)
    {
        await MakeAsync(new PortPolicy { Address = TestPacket.Mac(TestPacket.Own), Vlan = PortVlan.Trunk(0, Enumerable.Range(1, 4094)), MacAddressSpoofing = true });
        await _kernel.Rules.RemoveAsync("nvt00000001");
        Assert.True(Passes(Tagged("6")));

        await _kernel.Rules.SetHostAdapterAsync(
            "nvt00000002", new PortPolicy { Address = TestPacket.Mac("02:00:00:00:00:99"), MacAddressSpoofing = true, Vlan = VlanOf(setting) });

        Assert.True(Passes(Tagged(pass)));
        foreach (string tag in drop.Split(' '))
        {
            Assert.False(Passes(Tagged(tag)), $"A frame with the tag '{tag}' comes in.");
        }

        await _kernel.Rules.RemoveHostAdapterAsync("nvt00000002");
        Assert.True(Passes(Tagged("6")));
        Assert.DoesNotContain("nvt00000002", _host.Run("nft list ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_Hidden_AndTheHostDoNotHearEachOther()
    {
        PortPolicy policy = new() { Address = TestPacket.Mac(TestPacket.Own) };
        await MakeAsync(policy);
        _ = _host.Run("ip address add 192.0.2.1/24 dev nvs00000001; ip neigh add 192.0.2.9 lladdr 00:15:5d:00:00:01 dev nvs00000001");
        Assert.True(HostAnswers());
        Assert.True(HostIsHeard());

        await _kernel.Rules.SetAsync("nvt00000001", policy, hidden: true);
        Assert.False(HostAnswers());
        Assert.False(HostIsHeard());
        Assert.True(Passes(Plain));

        await _kernel.Rules.SetHiddenAsync("nvt00000001", hidden: false);
        Assert.True(HostAnswers());
    }

    [Fact]
    public async Task Remove_AllPorts_LeavesNothing()
    {
        string before = _host.State;
        await MakeAsync(new PortPolicy { Address = TestPacket.Mac(TestPacket.Own) });
        await _kernel.Rules.RemoveAsync("nvt00000001");
        await _kernel.Rules.RemoveAsync("nvt00000001");
        Assert.False(_host.Run("nft list ruleset").Contains("nvt00000001", StringComparison.Ordinal));
        Assert.Contains("nvt00000002", _host.Run("nft list ruleset"), StringComparison.Ordinal);

        await _kernel.Rules.RemoveAllAsync();
        foreach (string name in (string[])["nvt00000001", "nvt00000002", Bridge, "nvtnever"])
        {
            await _kernel.Links.DeleteAsync(name);
        }

        Assert.Equal(before, _host.State);
    }

    [Fact]
    public async Task Links_NamesOfAllLengths_AreShownAsTheyAre()
    {
        string name = new('ä', 200);
        await _kernel.Links.AddBridgeAsync(Bridge, Mark, InterfaceNames.HostPort("A \"quoted\" \\ name"), "00:15:5d:00:00:77");
        KernelLink link = Assert.IsType<KernelLink>(await _kernel.Links.FindAsync(Mark));
        Assert.Equal("vEthernet (A \"quoted\" \\ name)", link.Alias);
        Assert.Equal(new Guid("00000001-0000-0000-0000-000000000000"), InterfaceNames.SwitchOf("00000000", link.AlternativeNames));
        Assert.Null(InterfaceNames.SwitchOf("00000001", link.AlternativeNames));

        await _kernel.Links.SetAliasAsync(Bridge, InterfaceNames.HostPort(name));
        Assert.StartsWith("vEthernet (ääää", (await _kernel.Links.FindAsync(Bridge))!.Alias, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AlternativeName_WithBlanks_IsTakenAndGoneAgain()
    {
        await _kernel.Links.AddBridgeAsync(Bridge, Mark, "test", "00:15:5d:00:00:77");
        int index = (await _kernel.Links.FindAsync(Bridge))!.Index;

        Assert.Equal(0, ErrorOf(() => AlternativeName.Add(index, "vEthernet (VmNAT)")));
        Assert.Equal(index, (await _kernel.Links.FindAsync("vEthernet (VmNAT)"))?.Index);
        Assert.Equal(LinuxError.Exists, ErrorOf(() => AlternativeName.Add(index, "vEthernet (VmNAT)")));
        Assert.NotEqual(0, ErrorOf(() => AlternativeName.Add(index, new string('x', AlternativeName.MaxLength + 1))));
        Assert.NotEqual(0, ErrorOf(() => AlternativeName.Add(int.MaxValue, "nobody")));
        Assert.Equal(0, ErrorOf(() => AlternativeName.Remove(index, "vEthernet (VmNAT)")));
        Assert.Null(await _kernel.Links.FindAsync("vEthernet (VmNAT)"));
    }

    private int ErrorOf(Action action) => _host.Inside(() =>
    {
        try
        {
            action();
            return 0;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return error.NativeErrorCode;
        }
    });

    private Task<(long Spoofed, long Tagged)> CountAsync() => _kernel.Rules.ReadCountersAsync("nvt00000001", TestContext.Current.CancellationToken);

    private static PortVlan VlanOf(string setting)
    {
        string[] words = setting.Split(' ');
        return words[0] switch
        {
            "access" => PortVlan.Access(int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture)),
            "trunk" => PortVlan.Trunk(
                int.Parse(words[1].TrimEnd(':'), System.Globalization.CultureInfo.InvariantCulture),
                words[2..].SelectMany(range => range.Split('-') is [var first, var last] ? Enumerable.Range(int.Parse(first, null), int.Parse(last, null) - int.Parse(first, null) + 1) : [int.Parse(range, null)])),
            _ => PortVlan.Untagged,
        };
    }

    private static byte[] Tagged(string tag)
    {
        if (tag.Length == 0)
        {
            return Plain;
        }

        byte[] bytes = [tag == "ad" ? (byte)0x88 : (byte)0x81, tag == "ad" ? (byte)0xA8 : (byte)0, 0, 0, .. Plain];
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), tag == "ad" ? (ushort)5 : ushort.Parse(tag, null));
        return bytes;
    }

    private async Task MakeAsync(PortPolicy policy)
    {
        await _kernel.Links.AddBridgeAsync(Bridge, Mark, "test", "00:15:5d:00:00:77");
        await _kernel.Links.SetUpAsync(Bridge, true);
        await MakePortAsync("nvt00000001", policy);
        await MakePortAsync("nvt00000002", new PortPolicy { Address = TestPacket.Mac("02:00:00:00:00:99"), MacAddressSpoofing = true, Vlan = PortVlan.Trunk(0, Enumerable.Range(1, 4094)) });
        Assert.True(SpinWait.SpinUntil(() => _host.Run("bridge link").Split("forwarding").Length == 3, TimeSpan.FromSeconds(30)));
    }

    private async Task MakePortAsync(string tap, PortPolicy policy)
    {
        await _kernel.Rules.SetAsync(tap, policy, hidden: false);
        await _kernel.Links.AddTapAsync(tap, $"nestvisor.00000000.adapter.{tap}");
        _taps[tap] = _host.Inside(() => TapDevice.Open(tap, 1));
        await _kernel.Links.AttachAsync(tap, Bridge, policy.Address, policy.MacAddressSpoofing);
    }

    private async Task SetAsync(PortPolicy policy)
    {
        await _kernel.Rules.SetAsync("nvt00000001", policy, hidden: false);
        await _kernel.Links.AttachAsync("nvt00000001", Bridge, policy.Address, policy.MacAddressSpoofing);
    }

    private bool Passes(byte[] typeAndPayload, string source = TestPacket.Own) => Sent("nvt00000001", "nvt00000002", typeAndPayload, source, TestPacket.Broadcast);

    // A frame is through the bridge when the write returns; one more that certainly passes need not be waited for.
    private bool Sent(string from, string to, byte[] typeAndPayload, string source, string destination)
    {
        Drain(to);
        byte[] packet = TestPacket.Make(source, destination, typeAndPayload);
        Assert.Equal(0, _taps[from].Write(0, packet));
        return Find(to, frame => frame.Slice(FrameView.TypeOffset, typeAndPayload.Length).SequenceEqual(typeAndPayload)
            && MacAddress.Read(frame[MacAddress.Length..]) == TestPacket.Mac(source));
    }

    private bool HostAnswers()
    {
        Drain("nvt00000001");
        byte[] request = [8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0, 0x15, 0x5D, 0, 0, 1, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1];
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, request);
        Assert.Equal(0, _taps["nvt00000001"].Write(0, packet));
        return Find("nvt00000001", frame => frame[FrameView.TypeOffset] == 8 && frame[FrameView.TypeOffset + 1] == 6 && frame[21] == 2);
    }

    private bool HostIsHeard()
    {
        Drain("nvt00000001");
        _ = Traffic.Pings(_host, "192.0.2.9", tries: 1);
        return Find("nvt00000001", frame => frame[FrameView.TypeOffset] == 8 && frame[FrameView.TypeOffset + 1] == 0);
    }

    private void Drain(string tap) => _ = Find(tap, _ => false);

    private bool Find(string tap, FramePredicate match)
    {
        byte[] buffer = new byte[PacketHeader.MaxPacketLength];
        bool found = false;
        while (_taps[tap].Read(0, buffer) is var length && length > 0)
        {
            found |= match(buffer.AsSpan(PacketHeader.Size, length - PacketHeader.Size));
        }

        return found;
    }

    private delegate bool FramePredicate(ReadOnlySpan<byte> frame);
}
