using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Commands on the adapters of this host, against a service of root's in a network namespace of its own.</summary>
public sealed class HostAdapterTests : IDisposable
{
    private readonly Session _session;

    public HostAdapterTests()
    {
        SwitchTests.RequireNetworks();
        _session = new Session();
        _ = _session.Run("New-VMSwitch S -SwitchType Internal | Out-Null");
    }

    public void Dispose() => _session?.Dispose();

    [Fact]
    public void AddVMNetworkAdapter_ManagementOS_IsAnAdapterOfTheHost() => Assert.Equal(
        [
            "Lab|S|02000000AA01|True|False|Ok|OK|VMInternalNetworkAdapter|Untagged|True",
            "Default Switch S Lab",
            "Lab",
            "S Lab",
            "Lab",
        ],
        _session.Run(
            """
            $a = Add-VMNetworkAdapter -ManagementOS -Name Lab -SwitchName s -StaticMacAddress 02-00-00-00-AA-01 -Passthru
            '{0}|{1}|{2}|{3}|{4}|{5}|{6}|{7}|{8}|{9}' -f $a.Name, $a.SwitchName, $a.MacAddress, $a.IsManagementOs, $a.IsDeleted, "$($a.Status)", "$($a.StatusDescription)",
                $a.GetType().Name, $a.VlanSetting, ($a.SwitchId -eq (Get-VMSwitch S).Id)
            "$((Get-VMNetworkAdapter -ManagementOS).Name)"
            "$((Get-VMNetworkAdapter -ManagementOS lab).Name)"
            "$((Get-VMNetworkAdapter -ManagementOS -SwitchName S).Name)"
            "$((Get-VMNetworkAdapter -All -Name Lab).Name)"
            """).Select(line => line.ToString()));

    [Fact]
    public void AddVMNetworkAdapter_OnlyOneSwitch_NeedsNoName() => Assert.Equal(
        ["Network Adapter|S|0", "InvalidParameter,Microsoft.HyperV.PowerShell.Commands.AddVMNetworkAdapter"],
        _session.Run(
            """
            Add-VMNetworkAdapter -ManagementOS -WhatIf
            $before = @(Get-VMNetworkAdapter -ManagementOS -SwitchName S).Count
            $a = Add-VMNetworkAdapter -ManagementOS -Passthru
            '{0}|{1}|{2}' -f $a.Name, $a.SwitchName, ($before - 1)
            New-VMSwitch T -SwitchType Internal | Out-Null
            Add-VMNetworkAdapter -ManagementOS -Name X -ErrorAction SilentlyContinue -ErrorVariable e
            $e[0].FullyQualifiedErrorId
            """).Select(line => line.ToString()));

    [Fact]
    public void Adapters_RenamedAndRemoved_AreFoundByTheirNames() => Assert.Equal(
        ["S Office", "Other", "Other:True", "Internal:True", "Private:False", "True"],
        _session.Run(
            """
            Add-VMNetworkAdapter -ManagementOS -Name Lab -SwitchName S
            Rename-VMNetworkAdapter -ManagementOS -Name lab -NewName Office
            "$((Get-VMNetworkAdapter -ManagementOS -SwitchName S).Name)"
            $a = Get-VMNetworkAdapter -ManagementOS Office
            ($a | Rename-VMNetworkAdapter -NewName Other -Passthru).Name
            $r = $a | Remove-VMNetworkAdapter -Passthru; "$($r.Name):$($r.IsDeleted)"
            Add-VMNetworkAdapter -ManagementOS -Name Last -SwitchName S
            Remove-VMNetworkAdapter -ManagementOS -SwitchName S -Name s
            $s = Get-VMSwitch S; "$($s.SwitchType):$($s.AllowManagementOS)"
            Remove-VMNetworkAdapter -ManagementOS -SwitchName S
            $s = Get-VMSwitch S; "$($s.SwitchType):$($s.AllowManagementOS)"
            @(Get-VMNetworkAdapter -ManagementOS -Name *).Count -eq 1
            """).Select(line => line.ToString()));

    [Fact]
    public void SetVMNetworkAdapter_WhatCanBeSet_IsRead() => Assert.Equal(
        ["5000000|Off|020000000001", "5000000|On|020000000001", "0|On|True", "7000000", "S|On|7000000|False"],
        _session.Run(
            """
            Add-VMNetworkAdapter -ManagementOS -Name Lab -SwitchName S
            $old = (Get-VMNetworkAdapter -ManagementOS Lab).MacAddress
            Set-VMNetworkAdapter -ManagementOS -Name Lab -MaximumBandwidth 5000000
            $a = Get-VMNetworkAdapter -ManagementOS Lab | Set-VMNetworkAdapter -StaticMacAddress 020000000001 -Passthru
            "$($a.BandwidthSetting.MaximumBandwidth)|$($a.MacAddressSpoofing)|$($a.MacAddress)"
            Set-VMNetworkAdapter -ManagementOS -Name Lab -MacAddressSpoofing On
            $a = Get-VMNetworkAdapter -ManagementOS Lab
            "$($a.BandwidthSetting.MaximumBandwidth)|$($a.MacAddressSpoofing)|$($a.MacAddress)"
            $a = $a | Set-VMNetworkAdapter -DynamicMacAddress -MaximumBandwidth 0 -Passthru
            "$($a.BandwidthSetting.MaximumBandwidth)|$($a.MacAddressSpoofing)|$($a.MacAddress -eq $old)"
            Set-VMNetworkAdapter -ManagementOS -Name S -MaximumBandwidth 7000000
            (Get-VMNetworkAdapter -ManagementOS S).BandwidthSetting.MaximumBandwidth
            $a = Set-VMNetworkAdapter -ManagementOS -Name S -MacAddressSpoofing On -Passthru
            "$($a.Name)|$($a.MacAddressSpoofing)|$($a.BandwidthSetting.MaximumBandwidth)|$($a.IsDeleted)"
            """).Select(line => line.ToString()));

    [Theory]
    [InlineData("Add-VMNetworkAdapter -ManagementOS -Name S -SwitchName S", "InvalidParameter", "AddVMNetworkAdapter", ErrorCategory.InvalidArgument)]
    [InlineData("Add-VMNetworkAdapter -ManagementOS -SwitchName 'Default Switch'", "InvalidState", "AddVMNetworkAdapter", ErrorCategory.InvalidOperation)]
    [InlineData("New-VMSwitch P -SwitchType Private | Out-Null; Add-VMNetworkAdapter -ManagementOS -SwitchName P", "InvalidState", "AddVMNetworkAdapter", ErrorCategory.InvalidOperation)]
    [InlineData("Set-VMNetworkAdapter -ManagementOS -Name S -DhcpGuard On", "NotSupported", "SetVMNetworkAdapter", ErrorCategory.NotImplemented)]
    [InlineData("Set-VMNetworkAdapter -ManagementOS -Name S -RouterGuard On", "NotSupported", "SetVMNetworkAdapter", ErrorCategory.NotImplemented)]
    [InlineData("Set-VMNetworkAdapter -ManagementOS -Name S -VmqWeight 1", "NotSupported", "SetVMNetworkAdapter", ErrorCategory.NotImplemented)]
    [InlineData("Set-VMNetworkAdapter -ManagementOS -Name S -MaximumBandwidth -1", "InvalidParameter", "SetVMNetworkAdapter", ErrorCategory.InvalidArgument)]
    [InlineData("Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName S -Access -VlanId 4095", "InvalidParameter", "SetVMNetworkAdapterVlan", ErrorCategory.InvalidArgument)]
    [InlineData("Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName S -Trunk -AllowedVlanIdList 1 -NativeVlanId 0", "NotSupported", "SetVMNetworkAdapterVlan", ErrorCategory.NotImplemented)]
    [InlineData("Remove-VMNetworkAdapter -ManagementOS -SwitchName nix", "ObjectNotFound", "RemoveVMNetworkAdapter", ErrorCategory.ObjectNotFound)]
    public void HostAdapterCommand_ThatCannotBe_HasHyperVsIdentifier(string script, string identifier, string command, ErrorCategory category)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},Microsoft.HyperV.PowerShell.Commands.{command}", error.FullyQualifiedErrorId);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    [Fact]
    public void Vlans_OfTheHostsAdapters_AreSetOrTheKernelLacksThem()
    {
        _ = _session.Run("Add-VMNetworkAdapter -ManagementOS -Name Lab -SwitchName S");
        Assert.Equal("Untagged Untagged", _session.Text("\"$((Get-VMNetworkAdapterVlan -ManagementOS | Where-Object { $_.ParentAdapter.SwitchName -eq 'S' }).OperationMode)\""));

        if (HasVlans)
        {
            Assert.Equal(
                "Access 10 Untagged",
                _session.Text(
                    """
                    Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Lab -Access -VlanId 10
                    $v = Get-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Lab
                    $u = Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Lab -Untagged -Passthru
                    "$($v.OperationMode) $($v.AccessVlanId) $($u.OperationMode)"
                    """));
            return;
        }

        ErrorRecord error = _session.Fail("Set-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Lab -Access -VlanId 10");
        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.SetVMNetworkAdapterVlan", error.FullyQualifiedErrorId);
        Assert.Contains("8021q", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("Untagged", _session.Text("(Get-VMNetworkAdapterVlan -ManagementOS -VMNetworkAdapterName Lab).OperationMode"));
    }

    [Fact]
    public void SetVMSwitch_AllowManagementOSOnAnInternalSwitch_IsStillRefused()
    {
        _ = _session.Run("Add-VMNetworkAdapter -ManagementOS -Name Lab -SwitchName S");

        ErrorRecord error = _session.Fail("Set-VMSwitch S -AllowManagementOS $false");

        Assert.StartsWith("InvalidParameter,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("Private 0", _session.Text("Set-VMSwitch S -SwitchType Private; \"$((Get-VMSwitch S).SwitchType) $(@(Get-VMNetworkAdapter -ManagementOS -SwitchName S).Count)\""));
    }

    // Asked in a namespace of its own.
    private static bool HasVlans
    {
        get
        {
            using System.Diagnostics.Process asked = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("unshare", ["--net", "sh", "-c", "ip link add probe0 type bridge && ip link add link probe0 name probe1 type vlan id 1"])
                { RedirectStandardError = true })!;
            _ = asked.StandardError.ReadToEnd();
            asked.WaitForExit();
            return asked.ExitCode == 0;
        }
    }
}
