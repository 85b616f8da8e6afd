using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Management.HostAdapters.Dns;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Tests.HostAdapters;

/// <summary>Who keeps the DNS servers, on hosts whose files and programs are made up.</summary>
public sealed class DnsServersTests : IDisposable
{
    private static readonly KernelLink Link = new() { Index = 2, Name = "eth0", Flags = ["UP"] };

    private readonly string _root = Directory.CreateTempSubdirectory("nv-").FullName;
    private readonly FakeRunner _runner = new();
    private readonly DnsServers _servers;

    public DnsServersTests()
    {
        _ = Directory.CreateDirectory(Path.Combine(_root, "etc"));
        _servers = DnsServers.Create(_root, _root, _runner);
    }

    private string File => Path.Combine(_root, "etc/resolv.conf");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task File_Set_ReplacesTheServersOnly()
    {
        Write("etc/resolv.conf", "# written by hand\nsearch example.org\nnameserver 192.0.2.1\n#nameserver 192.0.2.2\nnameserver\t192.0.2.3 \noptions edns0\n");

        Assert.Equal(DnsOwner.File, _servers.OwnerOf(Link));
        Assert.Equal(["192.0.2.1", "192.0.2.3"], await ReadAsync());
        IReadOnlyList<string> warnings = await SetAsync("192.0.2.9", "2001:db8::9");

        Assert.Equal(
            ["# written by hand", "search example.org", "nameserver 192.0.2.9", "nameserver 2001:db8::9", "#nameserver 192.0.2.2", "options edns0"],
            System.IO.File.ReadAllLines(File));
        Assert.Contains(File, Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Empty(_runner.Commands);
    }

    [Fact]
    public async Task File_Reset_HasTheServersOfBeforeTheFirstChange()
    {
        Write("etc/resolv.conf", "nameserver 192.0.2.1\n");
        _ = await SetAsync("192.0.2.8");
        _ = await SetAsync("192.0.2.9");

        _ = await _servers.SetAsync(Link, null, CancellationToken.None);

        Assert.Equal(["192.0.2.1"], await ReadAsync());
        _ = await _servers.SetAsync(Link, null, CancellationToken.None);
        Assert.Equal(["192.0.2.1"], await ReadAsync());
    }

    [Fact]
    public async Task File_ThatIsMissing_IsMade()
    {
        Assert.Empty(await ReadAsync());
        _ = await SetAsync("192.0.2.9");
        Assert.Equal(["192.0.2.9"], await ReadAsync());
    }

    [Fact]
    public async Task File_MoreServersThanAreAsked_IsWarnedOf()
    {
        IReadOnlyList<string> warnings = await SetAsync("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4");

        Assert.Equal(2, warnings.Count);
        Assert.Equal(4, (await ReadAsync()).Count);
    }

    [Fact]
    public async Task File_Mode_Stays()
    {
        Write("etc/resolv.conf", "nameserver 192.0.2.1\n");
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        _ = await SetAsync("192.0.2.9");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task File_ALinkToAnotherPrograms_IsReadAndNotWritten()
    {
        Write("run/resolvconf/resolv.conf", "nameserver 192.0.2.1\n");
        LinkTo("../run/resolvconf/resolv.conf");

        Assert.Equal(DnsOwner.Unknown, _servers.OwnerOf(Link));
        Assert.Equal(["192.0.2.1"], await ReadAsync());
        ApiException error = await Assert.ThrowsAsync<ApiException>(() => SetAsync("192.0.2.9"));
        Assert.Equal(ApiErrorCode.NotSupported, error.Error.Code);
        Assert.Contains("resolvconf", error.Message, StringComparison.Ordinal);
        Assert.Equal(["192.0.2.1"], await ReadAsync());
    }

    [Fact]
    public async Task File_OfTheLoopback_IsNotItsMatter()
    {
        Write("etc/resolv.conf", "nameserver 192.0.2.1\n");
        KernelLink loopback = new() { Index = 1, Name = "lo", Flags = ["LOOPBACK", "UP"] };

        Assert.Empty(Assert.Single(await _servers.ReadAsync([loopback], CancellationToken.None)).Servers);
        _ = await Assert.ThrowsAsync<ApiException>(() => _servers.SetAsync(loopback, ["192.0.2.9"], CancellationToken.None));
    }

    [Theory]
    [InlineData("../run/systemd/resolve/stub-resolv.conf")]
    [InlineData("/usr/lib/systemd/resolv.conf")]
    [InlineData(null)]
    public async Task Resolved_OwnsTheLink_IsAskedByItsProgram(string? target)
    {
        if (target is null)
        {
            Write("etc/resolv.conf", "nameserver 127.0.0.53\noptions edns0\n");
        }
        else
        {
            LinkTo(target);
        }

        _runner.Answers["resolvectl dns"] = new CommandResult(0, "Global:\nLink 1 (lo):\nLink 2 (eth0): 192.0.2.1 2001:db8::1#dns.example\n", "");

        Assert.Equal(DnsOwner.Resolved, _servers.OwnerOf(Link));
        Assert.Equal(["192.0.2.1", "2001:db8::1"], await ReadAsync());
        _ = await SetAsync("192.0.2.9", "192.0.2.8");
        _ = await SetAsync();
        _ = await _servers.SetAsync(Link, null, CancellationToken.None);
        Assert.Equal(["resolvectl dns", "resolvectl dns eth0 192.0.2.9 192.0.2.8", "resolvectl dns eth0 ", "resolvectl revert eth0"], _runner.Commands);
    }

    [Fact]
    public async Task Resolved_ThatRefuses_IsQuoted()
    {
        LinkTo("../run/systemd/resolve/stub-resolv.conf");
        _runner.Answers["resolvectl dns eth0 192.0.2.9"] = new CommandResult(1, "", "Unit dbus-org.freedesktop.resolve1.service not found.\n");

        Assert.Contains("Unit dbus-org", (await Assert.ThrowsAsync<ApiException>(() => SetAsync("192.0.2.9"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    public async Task NetworkManager_ManagesTheInterface_KeepsItsServersInTheConnection(string managed)
    {
        Write("run/NetworkManager/devices/2", $"[device]\nmanaged={managed}\nconnection-uuid=c0ffee\n");
        LinkTo("../run/systemd/resolve/stub-resolv.conf");
        _runner.Answers["nmcli -g IP4.DNS,IP6.DNS device show eth0"] = new CommandResult(0, "192.0.2.1 | 192.0.2.2\n2001\\:db8\\:\\:1\n", "");

        Assert.Equal(DnsOwner.NetworkManager, _servers.OwnerOf(Link));
        Assert.Equal(["192.0.2.1", "192.0.2.2", "2001:db8::1"], await ReadAsync());
        _runner.Commands.Clear();
        _ = await SetAsync("192.0.2.9", "2001:db8::9", "192.0.2.8");
        _ = await _servers.SetAsync(Link, null, CancellationToken.None);
        Assert.Equal(
            [
                "nmcli connection modify c0ffee ipv4.dns 192.0.2.9,192.0.2.8 ipv4.ignore-auto-dns yes ipv6.dns 2001:db8::9 ipv6.ignore-auto-dns yes",
                "nmcli device reapply eth0",
                "nmcli connection modify c0ffee ipv4.dns  ipv4.ignore-auto-dns no ipv6.dns  ipv6.ignore-auto-dns no",
                "nmcli device reapply eth0",
            ],
            _runner.Commands);
    }

    [Fact]
    public async Task NetworkManager_WithoutAConnection_SaysWhatToDo()
    {
        Write("run/NetworkManager/devices/2", "[device]\nmanaged=true\n");

        Assert.Contains("nmcli device connect eth0", (await Assert.ThrowsAsync<ApiException>(() => SetAsync("192.0.2.9"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkManager_ThatLeavesTheInterfaceAlone_OwnsNothing()
    {
        Write("run/NetworkManager/devices/2", "[device]\nmanaged=false\n");

        Assert.Equal(DnsOwner.File, _servers.OwnerOf(Link));
    }

    private void Write(string path, string content)
    {
        string full = Path.Combine(_root, path);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllText(full, content);
    }

    private void LinkTo(string target) => System.IO.File.CreateSymbolicLink(File, target);

    private async Task<IReadOnlyList<string>> ReadAsync() => Assert.Single(await _servers.ReadAsync([Link], CancellationToken.None)).Servers;

    private Task<IReadOnlyList<string>> SetAsync(params string[] servers) => _servers.SetAsync(Link, servers, CancellationToken.None);
}
