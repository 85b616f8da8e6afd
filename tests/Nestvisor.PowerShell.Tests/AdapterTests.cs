using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class AdapterTests : IClassFixture<Session>
{
    private const string Shown =
        """(Get-VMNetworkAdapter wrong | ForEach-Object { "$($_.Name) $($_.MacAddress) $($_.VlanSetting) $($_.DhcpGuard) $($_.SwitchName) $($_.BandwidthSetting.MaximumBandwidth)" }) -join ';'""";

    private readonly Session _session;

    public AdapterTests(Session session) => _session = session;

    [Fact]
    public void NewVM_HasOneAdapterThatIsConnectedToNothing()
    {
        _session.Create("fresh");

        Assert.Equal(
            "Network Adapter False fresh  000000000000 True Off Off Off",
            _session.Text(
                """
                $a = Get-VMNetworkAdapter -VMName fresh
                "$($a.Name) $($a.Connected) $($a.VMName) $($a.SwitchName) $($a.MacAddress) $($a.DynamicMacAddressEnabled) $($a.MacAddressSpoofing) $($a.DhcpGuard) $($a.RouterGuard)"
                Remove-VM fresh -Force
                """));
    }

    [Fact]
    public void PagesLine_TurnsMacAddressSpoofingOn()
    {
        _session.Create("page");

        Assert.Equal(
            "On Off",
            _session.Text(
                """
                Get-VMNetworkAdapter -VMName page | Set-VMNetworkAdapter -MacAddressSpoofing On
                $s = @((Get-VMNetworkAdapter page).MacAddressSpoofing)
                Set-VMNetworkAdapter -VMName page -MacAddressSpoofing Off
                $s += (Get-VMNetworkAdapter page).MacAddressSpoofing; "$s"
                Remove-VM page -Force
                """));
    }

    [Fact]
    public void Adapters_AddedRenamedAndRemoved_AreFoundByName()
    {
        _session.Create("several");

        Assert.Equal(
            "Network Adapter:000000000000:True;Lab:0200000000AB:False;1;0",
            _session.Text(
                """
                $new = Add-VMNetworkAdapter several -Name New -StaticMacAddress 02-00-00-00-00-ab -Passthru
                $new | Rename-VMNetworkAdapter -NewName Lab
                $s = @(Get-VMNetworkAdapter several | ForEach-Object { "$($_.Name):$($_.MacAddress):$($_.DynamicMacAddressEnabled)" })
                Remove-VMNetworkAdapter several -Name net*
                $s += @((Get-VM several).NetworkAdapters).Count
                Get-VM several | Remove-VMNetworkAdapter
                $s += @(Get-VMNetworkAdapter several).Count; $s -join ';'
                Remove-VM several -Force
                """));
    }

    [Theory]
    [InlineData("-Access -VlanId 10", "Access 10 0 ")]
    [InlineData("-Trunk -AllowedVlanIdList '1-3, 7' -NativeVlanId 5", "Trunk 0 5 1-3,7")]
    [InlineData("-Untagged", "Untagged 0 0 ")]
    public void Vlan_SetInEachWay_IsRead(string setting, string read)
    {
        _session.Create("vlan");

        Assert.Equal(
            read,
            _session.Text(
                $$"""
                Set-VMNetworkAdapterVlan -VMName vlan -Access -VlanId 99
                Set-VMNetworkAdapterVlan -VMName vlan {{setting}}
                $v = Get-VMNetworkAdapterVlan vlan
                "$($v.OperationMode) $($v.AccessVlanId) $($v.NativeVlanId) $($v.AllowedVlanIdListString)"
                Remove-VM vlan -Force
                """));
    }

    [Theory]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Access", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Access -VlanId 4095", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Access -VlanId 0", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Access -Trunk", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Trunk -AllowedVlanIdList '5-1' -NativeVlanId 0", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Trunk -AllowedVlanIdList 1", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapterVlan wrong -Isolated", "NotSupported")]
    [InlineData("Set-VMNetworkAdapter wrong -StaticMacAddress 010000000000", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapter wrong -StaticMacAddress 020000000000 -DynamicMacAddress", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapter wrong -MaximumBandwidth -1", "InvalidParameter")]
    [InlineData("Set-VMNetworkAdapter wrong -IovWeight 100", "NotSupported")]
    [InlineData("Set-VMNetworkAdapter wrong -Name other -DhcpGuard On", "ObjectNotFound")]
    [InlineData("Connect-VMNetworkAdapter wrong -SwitchName nowhere", "ObjectNotFound")]
    [InlineData("Add-VMNetworkAdapter wrong -SwitchName nowhere", "ObjectNotFound")]
    [InlineData("Add-VMNetworkAdapter wrong -IsLegacy $true", "NotSupported")]
    [InlineData("Add-VMNetworkAdapter -ManagementOS -SwitchName x", "ObjectNotFound")]
    [InlineData("Add-VMNetworkAdapter -ManagementOS -StaticMacAddress 020000000000 -DynamicMacAddress", "InvalidParameter")]
    [InlineData("Add-VMNetworkAdapter -ManagementOS:$false -SwitchName 'Default Switch'", "InvalidParameter")]
    [InlineData("Remove-VMNetworkAdapter -ManagementOS -Name x", "ObjectNotFound")]
    [InlineData("Rename-VMNetworkAdapter -ManagementOS -Name x -NewName y", "ObjectNotFound")]
    [InlineData("Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName x -Access -VlanId 10", "ObjectNotFound")]
    [InlineData("Get-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName x", "ObjectNotFound")]
    [InlineData("Remove-VMNetworkAdapter -ManagementOS -Name 'Default Switch'", "InvalidState")]
    public void Command_ThatCannotBe_ChangesNothing(string script, string code)
    {
        _session.Create("wrong");
        string before = _session.Text(Shown);

        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith(code + ",Microsoft.HyperV.PowerShell.Commands.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(before, _session.Text(Shown));
        _ = _session.Run("Remove-VM wrong -Force");
    }

    [Fact]
    public void RunningMachine_AdaptersAndAddresses_AreRefusedAndTheRestIsNot()
    {
        _session.Create("busy");
        _ = _session.Run("Start-VM busy");

        foreach (string script in (string[])
            ["Add-VMNetworkAdapter busy", "Remove-VMNetworkAdapter busy", "Set-VMNetworkAdapter busy -StaticMacAddress 020000000001", "Set-VMNetworkAdapter busy -DynamicMacAddress"])
        {
            ErrorRecord error = _session.Fail(script);
            Assert.StartsWith("InvalidState,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        }

        Assert.Equal(
            "On Lab",
            _session.Text(
                """
                Set-VMNetworkAdapter busy -RouterGuard On; Rename-VMNetworkAdapter busy -NewName Lab
                $a = Get-VMNetworkAdapter busy; "$($a.RouterGuard) $($a.Name)"
                Stop-VM busy -TurnOff; Remove-VM busy -Force
                """));
    }

    [Fact]
    public void MacAddresses_OfStartedMachines_AreOfTheHostsRangeAndStay()
    {
        _session.Create("first");
        _session.Create("second");

        Assert.Equal(
            "00155D7F0001 00155D7F0002 00155D7F0001",
            _session.Text(
                """
                Set-VMHost -MacAddressMinimum 00155D7F0001 -MacAddressMaximum 00155D7F0002
                Start-VM first; Start-VM second; Stop-VM first -TurnOff; Start-VM first
                $s = @((Get-VMNetworkAdapter first).MacAddress, (Get-VMNetworkAdapter second).MacAddress)
                Stop-VM first, second -TurnOff; $s += (Get-VMNetworkAdapter first).MacAddress; "$s"
                """));
        _session.Create("third");
        ErrorRecord error = _session.Fail("Start-VM third");
        Assert.Contains("Set-VMHost -MacAddressMaximum", error.Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM first, second, third -Force; Set-VMHost -MacAddressMinimum 00155D7F0000 -MacAddressMaximum 00155D7FFFFF");
    }
}
