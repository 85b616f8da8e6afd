using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>The interfaces of a further adapter of the host, on the real kernel.</summary>
public sealed class HostAdapterLinksTests : IDisposable
{
    private static readonly Guid Adapter = new("12345678-0000-0000-0000-000000000001");
    private readonly NetworkSandbox _host = new();
    private readonly HostKernel _kernel;

    public HostAdapterLinksTests() => _kernel = new HostKernel(new NetworkHost(_host.Runner, "00000000"), "/nonexistent");

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Add_Adapter_HasItsNamesAndNumberAndRemoveTakesBothEnds()
    {
        string before = _host.State;

        await _kernel.HostAdapters.AddAsync(Adapter, "02:00:00:00:00:09", 0, 77);

        KernelLink link = (await _kernel.Links.FindAsync("nestvisor.00000000.host.12345678-0000-0000-0000-000000000001"))!;
        Assert.Equal(("nvh12345678", 77, "02:00:00:00:00:09", "veth"), (link.Name, link.Index, link.Address, link.Info.Kind));
        KernelLink port = (await _kernel.Links.FindAsync("nvp12345678"))!;
        Assert.Equal(Adapter, InterfaceNames.PartOfHostAdapter("00000000", port.AlternativeNames));
        Assert.Equal((Adapter, null), (InterfaceNames.HostAdapterOf("00000000", link.AlternativeNames), InterfaceNames.HostAdapterOf("00000001", link.AlternativeNames)));
        await _kernel.HostAdapters.RemoveAsync(Adapter);
        await _kernel.HostAdapters.RemoveAsync(Adapter);
        Assert.Equal(before, _host.State);
    }

    [Fact]
    public async Task Limit_SetChangedAndTakenAway_IsTheKernels()
    {
        await _kernel.HostAdapters.AddAsync(Adapter, "02:00:00:00:00:09", 0, null);

        foreach (long limit in (long[])[8, 1_000_000, 100_000_000_000])
        {
            await _kernel.HostAdapters.LimitAsync(await LinkAsync(), limit);
            Assert.Equal("tbf", (await LinkAsync()).Queue);
        }

        Assert.Contains("rate 100Gbit", _host.Run("tc qdisc show dev nvh12345678"), StringComparison.Ordinal);
        await _kernel.HostAdapters.LimitAsync(await LinkAsync(), 0);
        await _kernel.HostAdapters.LimitAsync(await LinkAsync(), 0);
        Assert.NotEqual("tbf", (await LinkAsync()).Queue);
    }

    [Fact]
    public async Task RequireVlans_KernelWithOrWithout_SaysSoAndLeavesNothing()
    {
        _ = _host.Run("ip link add br0 type bridge");
        string before = _host.State;
        bool has = _host.Try("ip link add link br0 name probe type vlan id 1 && ip link delete probe").Code == 0;

        HostNetworkException? error = (HostNetworkException?)await Record.ExceptionAsync(() => _kernel.HostAdapters.RequireVlansAsync(Adapter, "br0"));

        Assert.Equal(has, error is null);
        Assert.True(has || error!.Problem == HostNetworkProblem.Unsupported);
        Assert.Equal(before, _host.State);
    }

    private async Task<KernelLink> LinkAsync() => (await _kernel.Links.FindAsync("nvh12345678"))!;
}
