using System.Net.Sockets;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>The service of a user who can have no network namespace, with real passts, on a host that is a network namespace.</summary>
public sealed class AloneNetworkTests : IDisposable
{
    private const uint Nobody = 65534;

    private readonly NetworkSandbox _host;
    private readonly NetworkSandbox _outside;

    public AloneNetworkTests()
    {
        Assert.SkipUnless(NetworkSandbox.IsInstalled("passt"), "passt is not installed: apt-get install passt");
        (_host, _outside) = NetworkSandbox.CreateWithNeighbour();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _host.Dispose();
        _outside.Dispose();
    }

    [Theory]
    [InlineData(true, "user namespaces")]
    [InlineData(false, "/dev/net/tun")]
    public async Task Machine_OnTheDefaultSwitch_HasAPasstOfItsOwnAndAWarning(bool confined, string reason)
    {
        await using TestService service = Service(confined);
        service.Start();
        PasstProcesses passts = Passts(service);
        string before = _host.State;

        MachineInfo machine = await StartAsync(service, "VM");
        MachineInfo other = await StartAsync(service, "Other");

        Guid adapter = Assert.Single(machine.Configuration.NetworkAdapters).Id;
        Assert.Contains(adapter, passts.Running);
        Assert.Equal(2, passts.Running.Count);
        Assert.Equal(confined, IsInNamespaceOf(service, passts));
        string warning = Assert.Single(machine.Warnings);
        Assert.All(
            ["'VM'", "'Default Switch'", "do not see each other", "NetNat", "static mappings", "MacAddressSpoofing", "rules of the kernel"],
            lost => Assert.Contains(lost, warning, StringComparison.Ordinal));
        SwitchInfo made = Assert.Single(await service.Client.GetSwitchesAsync(Cancellation));
        Assert.Equal(2, made.ConnectedAdapters.Count);
        Assert.Contains("do not see each other", Assert.Single(made.Warnings), StringComparison.Ordinal);
        Assert.Equal(before, _host.State);

        ApiException refused = await Assert.ThrowsAsync<ApiException>(() =>
            service.Client.CreateSwitchAsync(new CreateSwitchRequest { Name = "S", Type = SwitchType.Internal }, Cancellation));
        Assert.Equal(ApiErrorCode.AccessDenied, refused.Error.Code);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("'Default Switch'", refused.Message, StringComparison.Ordinal);

        _ = await service.Client.OperateAsync(machine.Configuration.Id, MachineOperation.Stop, Cancellation);
        TestService.Until(() => passts.Running.Count == 1, "the passt of the machine has ended with it");
        _ = await service.Client.OperateAsync(other.Configuration.Id, MachineOperation.Stop, Cancellation);
        TestService.Until(() => IsClean(service), "nothing is left of the passts");
        Assert.Empty(Assert.Single(await service.Client.GetSwitchesAsync(Cancellation)).Warnings);
    }

    [Fact]
    public async Task Service_Killed_FindsTheMachineAndItsPasstAgain()
    {
        await using TestService service = Service(confined: true);
        service.Start();
        PasstProcesses passts = Passts(service);
        MachineInfo machine = await StartAsync(service, "VM");

        service.Kill();
        _ = Assert.Single(passts.Running);
        service.Start();

        _ = Assert.Single(passts.Running);
        machine = await service.Client.GetMachineAsync(machine.Configuration.Id, Cancellation);
        Assert.Equal(MachineState.Running, machine.State);
        _ = Assert.Single(machine.Warnings);
        _ = Assert.Single(Assert.Single(await service.Client.GetSwitchesAsync(Cancellation)).ConnectedAdapters);
        service.Kill();
        TestService.Run("kill", "-9", machine.ProcessId!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        TestService.Until(() => passts.Running.Count == 0, "the passt has ended with its worker, without a service");
        service.Start();
        Assert.True(IsClean(service));
    }

    [Fact]
    public async Task Service_KilledBeforeTheWorkerConnects_LeavesNoPasstToTheNextOne()
    {
        await using TestService service = Service(confined: true);
        service.Start();
        PasstProcesses passts = Passts(service);
        string path = Path.Combine(service.Folder, "hold");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        listener.Listen();
        Guid machine = await PrepareAsync(service, "VM", $"fake.hold=start:{path}");
        using NestvisorClient client = new(service.Paths, Nobody, startsService: false);
        Task<MachineInfo> start = client.OperateAsync(machine, MachineOperation.Start, Cancellation);
        using Socket held = await listener.AcceptAsync(Cancellation);
        _ = Assert.Single(passts.Running);

        service.Kill();
        _ = await Assert.ThrowsAsync<ApiException>(() => start);
        _ = Assert.Single(passts.Running);
        service.Start();

        Assert.Empty(passts.Running);
        Assert.True(IsClean(service));
    }

    [Fact]
    public async Task Adapter_OfARunningMachine_IsPluggedOutAndInAndGoesNowhereElse()
    {
        await using TestService service = Service(confined: false);
        service.Start();
        PasstProcesses passts = Passts(service);
        MachineInfo machine = await StartAsync(service, "VM");
        Guid id = machine.Configuration.Id;
        Guid adapter = machine.Configuration.NetworkAdapters[0].Id;

        Task<MachineInfo> ChangeAsync(ChangeAdapterRequest request) => service.Client.ChangeAdapterAsync(id, adapter, request, Cancellation);
        machine = await ChangeAsync(new ChangeAdapterRequest { Disconnect = true });
        Assert.False(Assert.Single(machine.NetworkAdapters).Connected);
        Assert.Empty(Assert.Single(await service.Client.GetSwitchesAsync(Cancellation)).ConnectedAdapters);

        machine = await ChangeAsync(new ChangeAdapterRequest { SwitchId = SwitchInfo.DefaultSwitchId });
        Assert.True(Assert.Single(machine.NetworkAdapters).Connected);
        _ = Assert.Single(Assert.Single(await service.Client.GetSwitchesAsync(Cancellation)).ConnectedAdapters);

        ApiException refused = await Assert.ThrowsAsync<ApiException>(() => ChangeAsync(new ChangeAdapterRequest { SwitchId = Guid.NewGuid() }));
        Assert.Equal(ApiErrorCode.InvalidState, refused.Error.Code);
        Assert.Contains("passt", refused.Message, StringComparison.Ordinal);
        Assert.True(Assert.Single((await service.Client.GetMachineAsync(id, Cancellation)).NetworkAdapters).Connected);

        _ = await ChangeAsync(new ChangeAdapterRequest { Disconnect = true });
        TestService.Run("pkill", "-f", Path.Combine(service.Paths.Runtime, "passt"));
        TestService.Until(() => passts.Running.Count == 0, "passt is gone");
        refused = await Assert.ThrowsAsync<ApiException>(() => ChangeAsync(new ChangeAdapterRequest { SwitchId = SwitchInfo.DefaultSwitchId }));
        Assert.Equal(ApiErrorCode.InvalidState, refused.Error.Code);
        Assert.Contains("has ended", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machine_OnAnotherSwitchOrNone_IsRefusedOrRunsWithoutANetwork()
    {
        await using TestService service = Service(confined: false);
        service.Start();
        MachineInfo machine = await service.CreateAsync("VM");
        Guid id = machine.Configuration.Id;
        machine = await service.Client.OperateAsync(id, MachineOperation.Start, Cancellation);
        Assert.Empty(machine.Warnings);
        Assert.Empty(Passts(service).Running);
        Guid adapter = machine.Configuration.NetworkAdapters[0].Id;
        ApiException refused = await Assert.ThrowsAsync<ApiException>(() =>
            service.Client.ChangeAdapterAsync(id, adapter, new ChangeAdapterRequest { SwitchId = SwitchInfo.DefaultSwitchId }, Cancellation));
        Assert.Equal(ApiErrorCode.InvalidState, refused.Error.Code);
        _ = await service.Client.OperateAsync(id, MachineOperation.Stop, Cancellation);

        _ = await service.Client.ChangeAdapterAsync(id, adapter, new ChangeAdapterRequest { SwitchId = Guid.NewGuid() }, Cancellation);
        refused = await Assert.ThrowsAsync<ApiException>(() => service.Client.OperateAsync(id, MachineOperation.Start, Cancellation));

        Assert.Equal(ApiErrorCode.AccessDenied, refused.Error.Code);
        Assert.Contains("/dev/net/tun", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'Default Switch'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machine_OfAHostWithoutAnyRoute_IsRefusedWithWhatPasstSays()
    {
        _ = _host.Run("ip link set up0 down");
        await using TestService service = Service(confined: true);
        service.Start();

        ApiException refused = await Assert.ThrowsAsync<ApiException>(() => StartAsync(service, "VM"));

        Assert.Contains("passt did not start", refused.Message, StringComparison.Ordinal);
        Assert.Contains("routable", refused.Message, StringComparison.Ordinal);
        Assert.True(IsClean(service));
    }

    private TestService Service(bool confined) => new(ServiceUser.Unprivileged, confined ? _host.ConfinedUserPrefix : _host.UserPrefixWithoutTun);

    private static PasstProcesses Passts(TestService service) => new(Path.Combine(service.Paths.Runtime, "passt"), service.Folder, []);

    // Where it can, passt has shut itself into namespaces of its own.
    private static bool IsInNamespaceOf(TestService service, PasstProcesses passts) => passts.Running.All(adapter =>
    {
        string id = File.ReadAllText(Path.Combine(service.Paths.Runtime, "passt", $"{adapter:N}.pid")).Trim();
        return File.ResolveLinkTarget($"/proc/{id}/ns/user", returnFinalTarget: false)!.Name == File.ResolveLinkTarget($"/proc/{service.Process.Id}/ns/user", returnFinalTarget: false)!.Name;
    });

    private static bool IsClean(TestService service) =>
        Directory.GetFiles(Path.Combine(service.Paths.Runtime, "passt")).Length == 0
        && !Directory.GetFiles(Path.Combine(service.Paths.State, "network")).Any(file => Path.GetFileName(file).StartsWith("passt-", StringComparison.Ordinal));

    private static async Task<MachineInfo> StartAsync(TestService service, string name) =>
        await service.Client.OperateAsync(await PrepareAsync(service, name), MachineOperation.Start, Cancellation);

    private static async Task<Guid> PrepareAsync(TestService service, string name, string commandLine = "")
    {
        MachineInfo machine = await service.CreateAsync(name, commandLine);
        _ = await service.Client.ChangeAdapterAsync(
            machine.Configuration.Id, machine.Configuration.NetworkAdapters[0].Id, new ChangeAdapterRequest { SwitchId = SwitchInfo.DefaultSwitchId }, Cancellation);
        return machine.Configuration.Id;
    }
}
