using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Commands on virtual switches, against a service of root's in a network namespace of its own.</summary>
public sealed class SwitchTests : IDisposable
{
    private readonly Session _session;

    public SwitchTests()
    {
        RequireNetworks();
        _session = new Session();
    }

    public void Dispose() => _session?.Dispose();

    /// <summary>Skips a test where the service can make no networks of its own.</summary>
    public static void RequireNetworks()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The service makes bridges in a network namespace of its own, which is for root; run the tests as root.");
        foreach (string program in (string[])["ip", "nft", "unshare"])
        {
            Assert.SkipUnless(
                ((string[])["/usr/sbin", "/sbin", "/usr/bin", "/bin"]).Any(folder => File.Exists(Path.Combine(folder, program))),
                $"The program {program} is not installed: apt-get install iproute2 nftables util-linux");
        }
    }

    [Fact]
    public void NewVMSwitch_AsOnMicrosoftsPage_IsAnInternalSwitchWithAHostPort() => Assert.Equal(
        "VmNAT|Internal|True||False|VMSwitch|vEthernet (VmNAT)",
        _session.Text(
            """
            $s = New-VMSwitch -Name VmNAT -SwitchType Internal
            '{0}|{1}|{2}|{3}|{4}|{5}|vEthernet ({6})' -f $s.Name, $s.SwitchType, $s.AllowManagementOS, $s.NetAdapterInterfaceDescription, $s.IsDeleted,
                $s.GetType().Name, ((Get-VMHost).InternalNetworkAdapters | Where-Object { $_.SwitchId -eq $s.Id }).Name
            """));

    [Fact]
    public void GetVMSwitch_ByNameTypeAndId_FindsWithoutCase() => Assert.Equal(
        [
            "A|Default Switch|P",
            "P",
            "A",
            "A|P",
            "Default Switch",
            "A",
        ],
        _session.Run(
            """
            $a = New-VMSwitch A -SwitchType Internal -Notes 'some notes'
            New-VMSwitch P -SwitchType Private | Out-Null
            (Get-VMSwitch).Name -join '|'
            (Get-VMSwitch -SwitchType Private, External).Name
            (Get-VMSwitch a).Name
            (Get-VMSwitch [ap]).Name -join '|'
            (Get-VMSwitch -Id c08cb7b8-9b3c-408e-8e30-5e16a3aeb444).Name
            ($a | Get-VMSwitch).Name
            """).Select(line => line.ToString()));

    [Theory]
    [InlineData("Get-VMSwitch nix", "ObjectNotFound", "GetVMSwitch", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-VMSwitch -Id 00000000-0000-0000-0000-000000000001", "ObjectNotFound", "GetVMSwitch", ErrorCategory.ObjectNotFound)]
    [InlineData("Remove-VMSwitch nix -Force", "ObjectNotFound", "RemoveVMSwitch", ErrorCategory.ObjectNotFound)]
    [InlineData("Remove-VMSwitch 'Default Switch' -Force", "InvalidState", "RemoveVMSwitch", ErrorCategory.InvalidOperation)]
    [InlineData("Rename-VMSwitch 'Default Switch' -NewName x", "InvalidState", "RenameVMSwitch", ErrorCategory.InvalidOperation)]
    [InlineData("Set-VMSwitch nix -Notes x", "ObjectNotFound", "SetVMSwitch", ErrorCategory.ObjectNotFound)]
    [InlineData("New-VMSwitch 'default switch' -SwitchType Internal", "InvalidParameter", "NewVMSwitch", ErrorCategory.InvalidArgument)]
    [InlineData("New-VMSwitch x -NetAdapterName nix", "InvalidParameter", "NewVMSwitch", ErrorCategory.InvalidArgument)]
    [InlineData("New-VMSwitch x -NetAdapterName lo", "InvalidParameter", "NewVMSwitch", ErrorCategory.InvalidArgument)]
    [InlineData("New-VMSwitch x -NetAdapterName a, b", "NotSupported", "NewVMSwitch", ErrorCategory.NotImplemented)]
    [InlineData("New-VMSwitch x -SwitchType Internal -EnableIov $true", "NotSupported", "NewVMSwitch", ErrorCategory.NotImplemented)]
    [InlineData("New-VMSwitch x -SwitchType Internal -MinimumBandwidthMode Weight", "NotSupported", "NewVMSwitch", ErrorCategory.NotImplemented)]
    [InlineData("New-VMSwitch x -SwitchType Internal -Id nix", "InvalidParameter", "NewVMSwitch", ErrorCategory.InvalidArgument)]
    public void SwitchCommand_ThatCannotBe_HasHyperVsIdentifier(string script, string identifier, string command, ErrorCategory category)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},Microsoft.HyperV.PowerShell.Commands.{command}", error.FullyQualifiedErrorId);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    [Fact]
    public void NewVMSwitch_NameOf200Characters_IsFoundAndRemoved() => Assert.Equal(
        "200|True|0",
        _session.Text(
            """
            $n = 'Ü' * 200
            $s = New-VMSwitch $n -SwitchType Private -Id 12345678-0000-0000-0000-000000000001 -EnableIov $false -MinimumBandwidthMode None
            Remove-VMSwitch $n.ToLower() -Force
            '{0}|{1}|{2}' -f $s.Name.Length, ($s.Id -eq '12345678-0000-0000-0000-000000000001'), @(Get-VMSwitch -SwitchType Private).Count
            """));

    [Fact]
    public void SetVMSwitch_TypeNotesAndName_AreChanged() => Assert.Equal(
        ["|Private|False|n", "B|Private", "True", "1"],
        _session.Run(
            """
            $a = New-VMSwitch A -SwitchType Internal
            $p = Set-VMSwitch A -SwitchType Private -Notes n -Passthru
            '{0}|{1}|{2}|{3}' -f (Set-VMSwitch A -Notes n), $p.SwitchType, $p.AllowManagementOS, $p.Notes
            $b = $p | Rename-VMSwitch -NewName B -Passthru
            '{0}|{1}' -f $b.Name, $b.SwitchType
            Remove-VMSwitch -VMSwitch $b -Force
            $b.IsDeleted
            @(Get-VMSwitch).Count
            """).Select(line => line.ToString()));

    [Fact]
    public void SwitchCommands_WhatIf_ChangeNothing() => Assert.Equal(
        "A|Internal|2",
        _session.Text(
            """
            New-VMSwitch A -SwitchType Internal | Out-Null
            New-VMSwitch B -SwitchType Internal -WhatIf
            Set-VMSwitch A -SwitchType Private -WhatIf
            Rename-VMSwitch A -NewName C -WhatIf
            Remove-VMSwitch A -WhatIf
            '{0}|{1}|{2}' -f (Get-VMSwitch A).Name, (Get-VMSwitch A).SwitchType, @(Get-VMSwitch).Count
            """));

    [Fact]
    public void RemoveVMSwitch_OfARunningMachine_IsRefusedUntilItIsOff()
    {
        _ = _session.Run("New-VMSwitch A -SwitchType Internal | Out-Null");
        _ = _session.Run("New-VM VM -SwitchName a; Set-VMFirmware VM -KernelPath \"$folder/kernel\"; Start-VM VM");

        ErrorRecord error = _session.Fail("Remove-VMSwitch A -Force");

        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.RemoveVMSwitch", error.FullyQualifiedErrorId);
        _ = _session.Run("Disconnect-VMNetworkAdapter VM; Remove-VMSwitch A -Force; Stop-VM VM -TurnOff");
    }
}
