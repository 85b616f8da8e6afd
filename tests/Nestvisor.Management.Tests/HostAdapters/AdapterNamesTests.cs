using Nestvisor.Networking.Host.Managers;
using Nestvisor.Management.HostAdapters;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Tests.HostAdapters;

/// <summary>Names of adapters that outlast a restart of the host, with a kernel that is made up; and who configures an interface.</summary>
public sealed class AdapterNamesTests : IDisposable
{
    private static readonly KernelLink Hardware = new() { Index = 2, Name = "eth0", Address = "00:15:5d:01:02:03", ParentDevice = "virtio2" };

    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;
    private readonly FakeRunner _runner = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Names_OfHardware_AreGivenAgainAfterARestart()
    {
        Assert.True(new AdapterNames(_folder).Remember(Hardware, "vEthernet (VmNat)"));
        Links("""{"ifindex":2,"ifname":"eth5","address":"00:15:5d:01:02:03","parentbus":"virtio","parentdev":"virtio2"}""");

        Assert.Equal(1, await new AdapterNames(_folder).RestoreAsync(Kernel(), CancellationToken.None));

        Assert.Equal("ip link set dev eth5 alias vEthernet (VmNat)", _runner.Commands[^1]);
    }

    [Theory]
    [InlineData("""{"ifindex":2,"ifname":"eth5","address":"00:15:5d:01:02:03","parentdev":"virtio2","ifalias":"other"}""")]
    [InlineData("""{"ifindex":2,"ifname":"veth5","address":"00:15:5d:01:02:03"}""")]
    [InlineData("""{"ifindex":2,"ifname":"eth5","address":"00:15:5d:01:02:04","parentdev":"virtio2"}""")]
    public async Task Names_OfOtherAdapters_AreNotTouched(string link)
    {
        _ = new AdapterNames(_folder).Remember(Hardware, "name");
        Links(link);

        Assert.Equal(0, await new AdapterNames(_folder).RestoreAsync(Kernel(), CancellationToken.None));
    }

    [Fact]
    public async Task Names_TakenAwayOrUnreadable_AreForgotten()
    {
        Links("""{"ifindex":2,"ifname":"eth5","address":"00:15:5d:01:02:03","parentdev":"virtio2"}""");
        _ = new AdapterNames(_folder).Remember(Hardware, "name");
        _ = new AdapterNames(_folder).Remember(Hardware, "");
        Assert.Equal(0, await new AdapterNames(_folder).RestoreAsync(Kernel(), CancellationToken.None));

        await File.WriteAllTextAsync(Path.Combine(_folder, "adapter-names.json"), "{", CancellationToken.None);
        Assert.Equal(0, await new AdapterNames(_folder).RestoreAsync(Kernel(), CancellationToken.None));
    }

    [Fact]
    public void Names_WithoutHardware_AreNotRemembered() => Assert.False(new AdapterNames(_folder).Remember(new KernelLink { Name = "veth0", Address = "00:15:5d:01:02:03" }, "name"));

    [Theory]
    [InlineData("NetworkManager/devices/2", "[device]\nmanaged=true\n", "NetworkManager")]
    [InlineData("NetworkManager/devices/2", "[device]\nmanaged=false\n", null)]
    [InlineData("systemd/netif/links/2", "ADMIN_STATE=configured\n", "systemd-networkd")]
    [InlineData("systemd/netif/links/2", "ADMIN_STATE=unmanaged\n", null)]
    [InlineData("systemd/netif/links/3", "ADMIN_STATE=configured\n", null)]
    public void InterfaceManager_FilesBelowRun_TellWho(string path, string content, string? manager)
    {
        string file = Path.Combine(_folder, path);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);

        Assert.Equal(manager, new InterfaceManager(_folder).Of(2));
    }

    private void Links(string link) => _runner.Answers["ip -j -d link show"] = new CommandResult(0, $"[{link}]", "");

    private HostKernel Kernel() => new(new NetworkHost(_runner, "00000000"), _folder);
}
