using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>What this host's adapters may become.</summary>
public sealed class HostAdapterRulesTests
{
    [Fact]
    public void Separate_FirstAdapterWithALease_IsRefusedWithTheProgramThatKeepsIt()
    {
        ApiException error = Assert.Throws<ApiException>(() => HostAdapterRules.Separate(Create(new KernelAddress { Family = "inet", Local = "198.51.100.2", PrefixLength = 24 })));

        Assert.Equal(ApiErrorCode.NotSupported, error.Error.Code);
        Assert.Contains("'vEthernet (Ext)'", error.Message, StringComparison.Ordinal);
        Assert.Contains("dhclient", error.Message, StringComparison.Ordinal);
        Assert.Contains("'up0'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Separate_FirstAdapterWithoutALease_BecomesAnInterfaceOfItsOwn() =>
        Assert.Equal("Ext", HostAdapterRules.Separate(Create()).Adapter?.Name);

    private static SwitchConfiguration Create(params KernelAddress[] leases) => new()
    {
        Id = Guid.NewGuid(),
        Name = "Ext",
        Type = SwitchType.External,
        AllowManagementOS = true,
        Uplink = new UplinkState { Name = "up0", Leases = leases, Management = new UplinkManagement { Program = "dhclient" } },
    };
}
