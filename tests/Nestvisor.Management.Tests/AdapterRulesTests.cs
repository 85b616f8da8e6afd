using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Management.Tests;

public sealed class AdapterRulesTests
{
    private static readonly Guid Switch = Guid.NewGuid();
    private readonly MachineConfiguration _machine = MachineRules.Create(new CreateMachineRequest { Name = "vm", SwitchId = Switch }, DateTimeOffset.UnixEpoch);

    private NetworkAdapterConfiguration Adapter => _machine.NetworkAdapters[0];

    [Fact]
    public void Create_Machine_HasOneAdapterWithoutAnAddressYet()
    {
        Assert.Equal("Network Adapter", Assert.Single(_machine.NetworkAdapters).Name);
        Assert.Equal(Switch, Adapter.SwitchId);
        Assert.Null(Adapter.MacAddress);
        Assert.False(Adapter.Port.MacAddressSpoofing);
        Assert.Null(MachineRules.Create(new CreateMachineRequest(), DateTimeOffset.UnixEpoch).NetworkAdapters[0].SwitchId);
    }

    [Fact]
    public void Add_ToAMachineThatIsFull_IsRefused()
    {
        MachineConfiguration machine = _machine;
        while (machine.NetworkAdapters.Count < AdapterRules.MostAdapters)
        {
            machine = AdapterRules.Add(machine, new AddAdapterRequest(), MachineState.Off);
        }

        Assert.Equal(ApiErrorCode.InvalidParameter, Refusal(() => AdapterRules.Add(machine, new AddAdapterRequest(), MachineState.Off)));
        Assert.Equal(ApiErrorCode.InvalidState, Refusal(() => AdapterRules.Add(_machine, new AddAdapterRequest(), MachineState.Running)));
        Assert.Equal(ApiErrorCode.InvalidState, Refusal(() => AdapterRules.Remove(_machine, Adapter.Id, MachineState.Saved)));
        Assert.Equal(ApiErrorCode.ObjectNotFound, Refusal(() => AdapterRules.Remove(_machine, Guid.NewGuid(), MachineState.Off)));
        Assert.Empty(AdapterRules.Remove(_machine, Adapter.Id, MachineState.Off).NetworkAdapters);
    }

    [Theory]
    [InlineData("00-15-5D-0a-0b-0c", "00155D0A0B0C")]
    [InlineData("020000000001", "020000000001")]
    [InlineData("010000000001", null)]
    [InlineData("000000000000", null)]
    [InlineData("0015", null)]
    public void Change_StaticAddress_IsCheckedAndWrittenAsHyperVDoes(string address, string? kept)
    {
        if (kept is null)
        {
            Assert.Equal(ApiErrorCode.InvalidParameter, Refusal(() => Change(new ChangeAdapterRequest { MacAddress = address })));
            return;
        }

        MachineConfiguration changed = Change(new ChangeAdapterRequest { MacAddress = address });
        Assert.Equal(kept, changed.NetworkAdapters[0].MacAddress);
        Assert.True(changed.NetworkAdapters[0].HasStaticMacAddress);
        NetworkAdapterConfiguration dynamic =
            AdapterRules.Change(changed, Adapter.Id, new ChangeAdapterRequest { UseDynamicMacAddress = true }, MachineState.Off).NetworkAdapters[0];
        Assert.Null(dynamic.MacAddress);
        Assert.False(dynamic.HasStaticMacAddress);
    }

    [Theory]
    [InlineData(MachineState.Running)]
    [InlineData(MachineState.Paused)]
    [InlineData(MachineState.Saved)]
    public void Change_AddressOfAMachineThatIsNotOff_IsRefusedAndTheRestIsNot(MachineState state)
    {
        Assert.Equal(ApiErrorCode.InvalidState, Refusal(() => Change(new ChangeAdapterRequest { MacAddress = "020000000001" }, state)));
        Assert.Equal(ApiErrorCode.InvalidState, Refusal(() => Change(new ChangeAdapterRequest { UseDynamicMacAddress = true }, state)));
        NetworkAdapterConfiguration changed = Change(
            new ChangeAdapterRequest { Name = "lan", Disconnect = true, Port = new PortSettings { MacAddressSpoofing = true } }, state).NetworkAdapters[0];
        Assert.Equal(("lan", null, true), (changed.Name, changed.SwitchId, changed.Port.MacAddressSpoofing));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(4094, true)]
    [InlineData(4095, false)]
    [InlineData(-1, false)]
    public void Change_Vlan_IsChecked(int vlan, bool allowed)
    {
        Exception? error = Record.Exception(() => Change(new ChangeAdapterRequest { Port = new PortSettings { Vlan = vlan } }));
        Assert.Equal(allowed, error is null);
        error = Record.Exception(() => Change(new ChangeAdapterRequest { Port = new PortSettings { TrunkVlans = [1, vlan] } }));
        Assert.Equal(allowed && vlan != 0, error is null);
    }

    [Fact]
    public void Pool_Addresses_AreUniqueUntilThereAreNoMore()
    {
        List<string> used = ["00155D000001"];
        MacAddressPool pool = new(() => (MacAddress.Read([0, 0x15, 0x5D, 0, 0, 0]), MacAddress.Read([0, 0x15, 0x5D, 0, 0, 3])), () => used);
        pool.Assign(next => used.AddRange([next(), next()]));
        Assert.Equal(["00155D000001", "00155D000000", "00155D000002"], used);
        pool.Assign(next => used.Add(next()));
        ApiException error = Assert.Throws<ApiException>(() => pool.Assign(next => used.Add(next())));
        Assert.Equal(ApiErrorCategory.ResourceUnavailable, error.Error.Category);
        Assert.Contains("Set-VMHost -MacAddressMaximum", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, used.Count);
    }

    private static string Refusal(Action action) => Assert.Throws<ApiException>(action).Error.Code;

    private MachineConfiguration Change(ChangeAdapterRequest change, MachineState state = MachineState.Off) =>
        AdapterRules.Change(_machine, Adapter.Id, change, state);
}
