using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>The service as a process, on a host that is a network namespace: run by root, and by a user who is not.</summary>
public sealed class ServiceNetworkTests : IDisposable
{
    private readonly NetworkSandbox _host;
    private readonly NetworkSandbox _outside;

    public ServiceNetworkTests() => (_host, _outside) = NetworkSandbox.CreateWithNeighbour();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _host.Dispose();
        _outside.Dispose();
    }

    [Fact]
    public async Task Service_OfRootKilledAndStarted_KeepsItsNetworks()
    {
        await using TestService service = new(ServiceUser.Caller, _host.Prefix);
        service.Start();
        (SwitchInfo made, NatInfo nat) = await SetUpAsync(service);
        made = await service.Client.AddHostPortAsync(made.Id, new AddHostPortRequest { Name = "Second port" }, Cancellation);
        string before = _host.State;
        Assert.Contains($" {made.HostPorts[1].Interface}@", _host.Run("ip -o link show dev 'vEthernet (Second port)'"), StringComparison.Ordinal);
        Assert.Contains($" {made.Bridge}:", _host.Run("ip -o link show dev 'vEthernet (VmNAT)'"), StringComparison.Ordinal);

        service.Kill();
        service.Start();

        Assert.Equal(before, _host.State);
        made = await service.Client.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Name = "Lab" }, Cancellation);
        Assert.Contains($" {made.Bridge}:", _host.Run("ip -o link show dev 'vEthernet (Lab)'"), StringComparison.Ordinal);
        Assert.NotEqual(0, _host.Try("ip link show dev 'vEthernet (VmNAT)'").Code);
        Assert.Equivalent(made, (await service.Client.GetSwitchesAsync(Cancellation)).Single(one => one.Id == made.Id), strict: true);
        using NetworkSandbox guest = new();
        _host.Connect("g1", guest, "eth0");
        _ = _host.Run($"ip link set g1 master {made.Bridge}");
        CheckReach(guest);
        await service.Client.RemoveNatAsync(nat.Id, Cancellation);
        await service.Client.RemoveSwitchAsync(made.Id, Cancellation);
        Assert.DoesNotContain("nestvisor", _host.State, StringComparison.Ordinal);
    }

    [Fact]
    public Task Service_KilledAtEachCommandOfAnExternalSwitch_LeavesTheHostOnItsNetwork() => KillAtEachCommandAsync(
        _ => Task.CompletedTask,
        service => service.Client.CreateSwitchAsync(new CreateSwitchRequest { Name = "Ext", Type = SwitchType.External, Uplink = "up0" }, Cancellation));

    [Fact]
    public async Task Service_KilledAtEachCommandOfAFurtherAdapter_HasItWholeOrNotAtAll()
    {
        // A question that failed would be asked again, of a service that the client starts outside of the host.
        Guid id = default;
        await KillAtEachCommandAsync(
            async service => id = (await service.Client.CreateSwitchAsync(new CreateSwitchRequest { Name = "S", Type = SwitchType.Internal }, Cancellation)).Id,
            service => service.Client.AddHostPortAsync(id, new AddHostPortRequest { Name = "Lab" }, Cancellation));
    }

    private async Task KillAtEachCommandAsync(Func<TestService, Task> prepare, Func<TestService, Task> operation)
    {
        string folder = Directory.CreateTempSubdirectory("nv-").FullName;
        string count = Path.Combine(folder, "count");
        string kill = Path.Combine(folder, "kill");
        foreach (string program in (string[])["ip", "bridge", "nft", "sh"])
        {
            // Counts, kills the service when it is time, and does what it was told all the same.
            string wrapper = Path.Combine(folder, program);
            await File.WriteAllTextAsync(
                wrapper,
                $"#!/bin/sh\nread n < {count}; n=$((n + 1)); echo $n > {count}; read k < {kill}; [ $n != $k ] || kill -9 $PPID\nexec {CommandRunner.Find(program)} \"$@\"\n",
                Cancellation);
            File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        string before = _host.State;
        await using TestService service = new(ServiceUser.Caller, [.. _host.Prefix, "env", $"PATH={folder}:{Environment.GetEnvironmentVariable("PATH")}"]);
        int step = 0;
        bool killed = true;
        while (killed)
        {
            step++;
            await File.WriteAllTextAsync(count, "0\n", Cancellation);
            await File.WriteAllTextAsync(kill, "0\n", Cancellation);
            service.Start();
            await prepare(service);
            await File.WriteAllTextAsync(count, "0\n", Cancellation);
            await File.WriteAllTextAsync(kill, $"{step}\n", Cancellation);
            try
            {
                await operation(service);
                killed = false;
            }
            catch (ApiException error)
            {
                Assert.Equal(ApiErrorCode.ServiceUnavailable, error.Error.Code);
                service.Process.WaitForExit();
                Assert.True(Traffic.Pings(_host, "198.51.100.1"), $"After a kill at command {step} the host is cut off.");
                await File.WriteAllTextAsync(kill, "0\n", Cancellation);
                service.Start();
            }

            Assert.True(Traffic.Pings(_host, "198.51.100.1"), $"Started again after a kill at command {step}, the service has cut the host off.");
            await File.WriteAllTextAsync(kill, "0\n", Cancellation);
            IEnumerable<string> kept = (await service.Client.GetSwitchesAsync(Cancellation)).SelectMany(one => one.HostPorts).Select(port => port.Interface).Where(IsFurther);
            Assert.Equal(kept, _host.Run("ip -o link show | cut -d: -f2 | cut -d@ -f1").Split('\n').Select(name => name.Trim()).Where(IsFurther));
            foreach (SwitchInfo made in (await service.Client.GetSwitchesAsync(Cancellation)).Where(one => !one.IsDefault))
            {
                await service.Client.RemoveSwitchAsync(made.Id, Cancellation);
            }

            Assert.True(before == _host.State, $"After a kill at command {step} the host is not as it was:\n{before}\n{_host.State}");
            service.Kill();
        }

        Assert.InRange(step, 15, 100);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Service_OfAUser_HasSwitchesAndNatsInANamespaceOfItsOwn()
    {
        Assert.SkipUnless(IsPastaInstalled(), "pasta is not installed: apt-get install passt");
        string before = _host.State;
        await using TestService service = new(ServiceUser.Unprivileged, _host.UserPrefix);
        service.Start();
        UserNetwork place = new(Path.Combine(service.Paths.State, "network"));
        try
        {
            _ = Assert.Single(await service.Client.GetSwitchesAsync(Cancellation));
            Assert.Null(place.FindHolder());
            (SwitchInfo made, NatInfo nat) = await SetUpAsync(service);
            int holder = Assert.IsType<int>(place.FindHolder());
            Assert.Equal(before, _host.State);

            service.Kill();
            service.Start();
            Assert.Equal(holder, place.FindHolder());
            using NetworkSandbox guest = new();
            Plug(guest, holder, made.Bridge);
            CheckReach(guest);

            ApiException external = await Assert.ThrowsAsync<ApiException>(() => service.Client.CreateSwitchAsync(
                new CreateSwitchRequest { Name = "Ext", Type = SwitchType.External, Uplink = "up0" }, Cancellation));
            Assert.Equal(ApiErrorCode.NotSupported, external.Error.Code);
            Assert.Contains("root", external.Message, StringComparison.Ordinal);

            await service.Client.RemoveNatAsync(nat.Id, Cancellation);
            await service.Client.RemoveSwitchAsync(made.Id, Cancellation);
            Assert.Null(place.FindHolder());
            Assert.Equal(before, _host.State);
        }
        finally
        {
            await place.EndAsync();
        }
    }

    [Fact]
    public async Task Service_OfAUserWhoseNamespaceEnded_MakesAllOfItAgain()
    {
        Assert.SkipUnless(IsPastaInstalled(), "pasta is not installed: apt-get install passt");
        await using TestService service = new(ServiceUser.Unprivileged, _host.UserPrefix);
        service.Start();
        UserNetwork place = new(Path.Combine(service.Paths.State, "network"));
        try
        {
            (SwitchInfo made, _) = await SetUpAsync(service);
            HostPortInfo port = (await service.Client.AddHostPortAsync(made.Id, new AddHostPortRequest { Name = "Lab" }, Cancellation)).HostPorts[1];
            await place.EndAsync();
            Assert.Empty(await service.Client.GetInterfacesAsync(Cancellation));

            _ = await service.Client.CreateSwitchAsync(new CreateSwitchRequest { Name = "Another", Type = SwitchType.Private }, Cancellation);

            using NetworkSandbox guest = new();
            Plug(guest, Assert.IsType<int>(place.FindHolder()), made.Bridge);
            CheckReach(guest);
            Assert.Contains(await service.Client.GetInterfacesAsync(Cancellation), one => one.Name == port.Interface && one.Alias == "vEthernet (Lab)" && one.IsConnected);
        }
        finally
        {
            await place.EndAsync();
        }
    }

    [Fact]
    public async Task Machine_OfAUserOnTheDefaultSwitch_HasAddressesNamesAndAWayOut()
    {
        Assert.SkipUnless(IsPastaInstalled(), "pasta is not installed: apt-get install passt");
        await using TestService service = new(ServiceUser.Unprivileged, _host.UserPrefix);
        service.Start();
        UserNetwork place = new(Path.Combine(service.Paths.State, "network"));
        try
        {
            MachineInfo machine = await service.CreateAsync();
            Guid id = machine.Configuration.Id;
            _ = await service.Client.AddAdapterAsync(id, new AddAdapterRequest { SwitchId = SwitchInfo.DefaultSwitchId }, Cancellation);
            _ = await service.Client.OperateAsync(id, MachineOperation.Start, Cancellation);

            SwitchInfo made = Assert.Single(await service.Client.GetSwitchesAsync(Cancellation));
            _ = Assert.Single(made.ConnectedAdapters);
            using NetworkSandbox guest = new();
            Plug(guest, Assert.IsType<int>(place.FindHolder()), made.Bridge);
            (string address, Dictionary<byte, byte[]> options) = DhcpExchange.Lease(guest, "guest1");
            string gateway = new System.Net.IPAddress(options[3]).ToString();
            _ = guest.Run($"ip address add {address}/20 dev eth0; ip route add default via {gateway}");
            Assert.Equal(address, DhcpExchange.Resolve(guest, gateway, "guest1.mshome.net"));
            using Socket server = Traffic.Serve(_outside, 7);
            Assert.Equal("198.51.100.2", Traffic.Connect(guest, "198.51.100.1", 7));

            _ = await service.Client.OperateAsync(id, MachineOperation.Stop, Cancellation);
            TestService.Until(() => place.FindHolder() is null, "the user's namespace has ended with its last machine");
        }
        finally
        {
            await place.EndAsync();
        }
    }

    [Fact]
    public async Task Service_OfAUserWithoutTun_SaysWhatIsMissing()
    {
        Assert.SkipUnless(IsPastaInstalled(), "pasta is not installed: apt-get install passt");
        await using TestService service = new(
            ServiceUser.Unprivileged, [.. _host.Prefix, "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /dev/net && exec \"$@\"", "sh"]);
        service.Start();

        ApiException error = await Assert.ThrowsAsync<ApiException>(() =>
            service.Client.CreateSwitchAsync(new CreateSwitchRequest { Name = "S", Type = SwitchType.Internal }, Cancellation));

        Assert.Equal(ApiErrorCode.AccessDenied, error.Error.Code);
        Assert.Contains("/dev/net/tun", error.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 666", error.Message, StringComparison.Ordinal);
        _ = Assert.Single(await service.Client.GetSwitchesAsync(Cancellation));
    }

    private static async Task<(SwitchInfo Switch, NatInfo Nat)> SetUpAsync(TestService service)
    {
        SwitchInfo made = await service.Client.CreateSwitchAsync(new CreateSwitchRequest { Name = "VmNAT", Type = SwitchType.Internal }, Cancellation);
        _ = await service.Client.AddAddressAsync(made.InterfaceIndex!.Value, new AddAddressRequest { Address = "192.168.100.1", PrefixLength = 24 }, Cancellation);
        NatInfo nat = await service.Client.CreateNatAsync(new CreateNatRequest { Name = "LocalNAT", InternalPrefix = "192.168.100.0/24" }, Cancellation);
        return (made, nat);
    }

    private static bool IsFurther(string name) => name.StartsWith(InterfaceNames.HostAdapterPrefix, StringComparison.Ordinal);

    private static void Plug(NetworkSandbox guest, int holder, string bridge) => TestService.Run(
        "nsenter",
        "-t",
        holder.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "-n",
        "--",
        "sh",
        "-c",
        $"ip link add g1 type veth peer name eth0 netns {guest.Id}; ip link set g1 master {bridge} up; nsenter -t {guest.Id} -n -- ip link set eth0 up");

    private void CheckReach(NetworkSandbox guest)
    {
        _ = guest.Run("ip address add 192.168.100.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.168.100.1");
        using Socket tcp = Traffic.Serve(_outside, 7);
        using Socket udp = Traffic.ServeDatagrams(_outside, 7);
        Assert.Equal("198.51.100.2", Traffic.Connect(guest, "198.51.100.1", 7));
        Assert.Equal("198.51.100.2", Traffic.Ask(guest, "198.51.100.1", 7));
    }

    private static bool IsPastaInstalled()
    {
        try
        {
            return CommandRunner.Find("pasta").Length > 0;
        }
        catch (HostNetworkException)
        {
            return false;
        }
    }
}
