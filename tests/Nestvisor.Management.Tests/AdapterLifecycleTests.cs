using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Tests;

public sealed class AdapterLifecycleTests : IAsyncLifetime
{
    private static readonly Guid Switch = Guid.NewGuid();

    private readonly TestService _folder = new(ServiceUser.Caller);
    private readonly FakePortHost _ports = new();
    private MachineRegistry _registry;

    public AdapterLifecycleTests()
    {
        Environment.SetEnvironmentVariable("NESTVISOR_WORKER", TestService.FakeWorker);
        _ = Directory.CreateDirectory(_folder.Paths.Runtime);
        _ = Directory.CreateDirectory(_folder.Paths.State);
        _registry = Open();
    }

    private static CancellationToken Cancellation => TestService.Cancellation;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (MachineInfo machine in await _registry.DescribeAllAsync(CancellationToken.None))
        {
            if (machine.ProcessId is not null)
            {
                await _registry.Get(machine.Configuration.Id).TurnOffAsync(CancellationToken.None);
            }
        }

        await _folder.DisposeAsync();
    }

    [Fact]
    public async Task Start_Machine_HasItsPortAndAnAddressThatStays()
    {
        ManagedMachine machine = await CreateAsync();
        await machine.StartAsync(Cancellation);
        NetworkAdapterConfiguration adapter = Assert.Single(machine.NetworkAdapters);
        Assert.Equal("00155D000000", adapter.MacAddress);
        Assert.Equal(Switch, _ports.Ports[adapter.Id].Switch);
        Assert.Equal("00:15:5d:00:00:00", _ports.Ports[adapter.Id].Policy.Address.ToString());
        MachineInfo info = await machine.DescribeAsync(Cancellation);
        Assert.True(Assert.Single(info.NetworkAdapters).Connected);
        Assert.Equal(["192.0.2.7"], info.NetworkAdapters[0].Addresses);

        await machine.TurnOffAsync(Cancellation);
        await machine.StartAsync(Cancellation);
        Assert.Equal("00155D000000", machine.NetworkAdapters[0].MacAddress);
        _ = Assert.Single(_ports.Ports);
        await machine.TurnOffAsync(Cancellation);
        Assert.Empty(_ports.Ports);
        Assert.Empty((await machine.DescribeAsync(Cancellation)).NetworkAdapters);
    }

    [Fact]
    public async Task Change_RunningMachine_ReachesTheKernelAndTheWorker()
    {
        ManagedMachine machine = await CreateAsync();
        await machine.StartAsync(Cancellation);
        Guid adapter = machine.NetworkAdapters[0].Id;

        // Another service has it from the files and the worker.
        _registry = Open();
        await _registry.LoadAsync(Assert.Fail, Cancellation);
        machine = _registry.Get((await machine.DescribeAsync(Cancellation)).Configuration.Id);
        await machine.ChangeAdapterAsync(adapter, new ChangeAdapterRequest { Port = new PortSettings { MacAddressSpoofing = true } }, Cancellation);
        Assert.True(_ports.Ports[adapter].Policy.MacAddressSpoofing);
        Assert.Equal(1, (await machine.GetAdapterCountersAsync(adapter, Cancellation))["Spoofing"]);

        await machine.ChangeAdapterAsync(adapter, new ChangeAdapterRequest { Disconnect = true }, Cancellation);
        Assert.Null(_ports.Ports[adapter].Switch);
        Assert.False((await machine.DescribeAsync(Cancellation)).NetworkAdapters[0].Connected);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "fake.wired")]
    public async Task Change_ThatFailsHalfWay_ChangesNothing(bool portsFail, string commandLine)
    {
        ManagedMachine machine = await CreateAsync(commandLine);
        await machine.StartAsync(Cancellation);
        Guid adapter = machine.NetworkAdapters[0].Id;
        _ports.Fails = portsFail;
        _ = await Assert.ThrowsAsync<ApiException>(() => machine.ChangeAdapterAsync(adapter, new ChangeAdapterRequest { Disconnect = true }, Cancellation));
        _ports.Fails = false;
        Assert.Equal(Switch, _ports.Ports[adapter].Switch);
        Assert.Equal(Switch, machine.NetworkAdapters[0].SwitchId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_HostWithoutNetworks_OnlyStopsMachinesThatNeedOne(bool connected)
    {
        ManagedMachine machine = await CreateAsync(connected: connected);
        _ports.Fails = true;
        if (connected)
        {
            _ = await Assert.ThrowsAsync<ApiException>(() => machine.StartAsync(Cancellation));
            Assert.Equal(MachineState.Off, (await machine.DescribeAsync(Cancellation)).State);
            return;
        }

        await machine.StartAsync(Cancellation);
        _ports.Fails = false;
        ApiException error = await Assert.ThrowsAsync<ApiException>(
            () => machine.ChangeAdapterAsync(machine.NetworkAdapters[0].Id, new ChangeAdapterRequest { SwitchId = Switch }, Cancellation));
        Assert.Equal(ApiErrorCode.InvalidState, error.Error.Code);
        Assert.Null(machine.NetworkAdapters[0].SwitchId);
    }

    [Fact]
    public async Task Start_WorkerThatCannotStart_LeavesNoPort()
    {
        ManagedMachine machine = await CreateAsync("fake.fail=because");
        _ = await Assert.ThrowsAsync<ApiException>(() => machine.StartAsync(Cancellation));
        Assert.Empty(_ports.Ports);
    }

    private MachineRegistry Open()
    {
        ManagedHost host = new(new HostConfigurationStore(_folder.Paths.State), _folder.Paths, Assert.Fail);
        host.Change(new ChangeHostRequest { MacAddressMinimum = "00155D000000", MacAddressMaximum = "00155D000009" });
        return new MachineRegistry(new ConfigurationStore(_folder.Paths.State), _folder.Paths, host, _ports, TimeProvider.System);
    }

    private async Task<ManagedMachine> CreateAsync(string commandLine = "", bool connected = true)
    {
        ManagedMachine machine = await _registry.CreateAsync(new CreateMachineRequest { Name = "vm", SwitchId = connected ? Switch : null }, Cancellation);
        ChangeMachineRequest boot = new() { KernelPath = _folder.Kernel, KernelCommandLine = commandLine };
        await machine.ChangeAsync((old, state) => MachineRules.Change(old, boot, state), Cancellation);
        return machine;
    }
}
