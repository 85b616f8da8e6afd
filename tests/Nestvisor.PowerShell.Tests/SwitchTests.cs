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
    internal static void RequireNetworks()
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

    [Fact]
    public void GetVMSwitch_OfASwitchWhoseBridgeIsGone_WarnsOnceAndShowsIt()
    {
        _ = _session.Run("$a = New-VMSwitch A -SwitchType Internal; $b = New-VMSwitch B -SwitchType Internal; New-VMSwitch P -SwitchType Private");
        foreach (string name in (string[])["a", "b"])
        {
            Session.InService($"ip link delete nvs{_session.Text($"${name}.Id.ToString()")[..8]}");
        }

        foreach ((string command, string found, string[] broken) in ((string, string, string[])[])
        [
            ("Get-VMSwitch", "A|B|Default Switch|P", ["A", "B"]),
            ("Get-VMSwitch a", "A", ["A"]),
            ("$a, $a, $b | Get-VMSwitch", "A|A|B", ["A", "B"]),
            ("Get-VMSwitch -Id $b.Id", "B", ["B"]),
            ("Get-VMSwitch -SwitchType Private", "P", []),
            ("Get-VMSwitch -WarningAction Ignore", "A|B|Default Switch|P", []),
        ])
        {
            (System.Collections.ObjectModel.Collection<PSObject> output, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll($"({command}).Name -join '|'");

            Assert.Empty(errors);
            Assert.Equal(found, Assert.Single(output).ToString());
            Assert.Equal(broken.Length, warnings.Count);
            Assert.All(broken.Zip(warnings), pair => Assert.Contains($"of the virtual switch '{pair.First}' is not there", pair.Second, StringComparison.Ordinal));
        }
    }

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
    public void RemoveVMSwitch_OfARunningMachine_IsRefusedUntilItIsDisconnected()
    {
        _ = _session.Run("New-VMSwitch A -SwitchType Internal | Out-Null");
        _ = _session.Run("New-VM VM -SwitchName a; Set-VMFirmware VM -KernelPath \"$folder/kernel\"; Start-VM VM");

        foreach (string state in (string[])["Running", "Paused"])
        {
            ErrorRecord error = _session.Fail("Remove-VMSwitch A -Force");

            Assert.Equal("ObjectInUse,Microsoft.HyperV.PowerShell.Commands.RemoveVMSwitch", error.FullyQualifiedErrorId);
            Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
            Assert.Contains("'A' cannot be deleted because it is being used by running virtual machines", error.Exception.Message, StringComparison.Ordinal);
            Assert.Equal($"{state} A True", _session.Text("$a = Get-VMNetworkAdapter VM; \"$((Get-VM VM).State) $($a.SwitchName) $($a.Connected)\"; Suspend-VM VM -ErrorAction Ignore"));
        }

        _ = _session.Run("Disconnect-VMNetworkAdapter VM; Remove-VMSwitch A -Force; Stop-VM VM -TurnOff");
    }

    [Fact]
    public void RemoveVMSwitch_OfMachinesThatDoNotRun_LeavesTheirAdaptersDisconnected()
    {
        _session.Create("off");
        _session.Create("saved");
        Assert.Equal(
            ["off||False", "saved||False", "off Off A", "saved Saved A", "off||False", "saved||False", "off Running", "saved Running"],
            _session.Run(
                """
                function Adapters { Get-VMNetworkAdapter off, saved | ForEach-Object { "$($_.VMName)|$($_.SwitchName)|$($_.Connected)" } }
                Adapters
                New-VMSwitch A -SwitchType Private | Out-Null
                Connect-VMNetworkAdapter off, saved -SwitchName A
                Start-VM saved
                Save-VM saved
                Get-VM off, saved | ForEach-Object { "$($_.Name) $($_.State) $($_.NetworkAdapters[0].SwitchName)" }
                Remove-VMSwitch A -Force
                Adapters
                Start-VM off, saved
                Get-VM off, saved | ForEach-Object { "$($_.Name) $($_.State)" }
                """).Select(line => line.ToString()));
    }

    [Theory]
    [InlineData("Disconnect-VMNetworkAdapter", "")]
    [InlineData("Connect-VMNetworkAdapter -SwitchName B", "B")]
    public void ImportVM_OfAMachineWhoseSwitchIsNotHere_FailsUntilItsAdapterIsMended(string mend, string switchName)
    {
        Export("A");
        _ = _session.Run("Remove-VM lab -Force; Remove-VMSwitch A -Force; New-VMSwitch B -SwitchType Private | Out-Null");

        ErrorRecord error = _session.Fail("Import-VM $exported");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.ImportVM", error.FullyQualifiedErrorId);
        Assert.Contains("Could not find Ethernet switch 'A'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_session.Run("Get-VM la*"));
        Assert.Equal(
            "33012 VMNetworkAdapter Uplink",
            _session.Text("$global:r = Compare-VM -Path $exported; $i = $r.Incompatibilities; \"$($i.MessageId) $($i.Source.GetType().Name) $($i.Source.Name)\""));
        Assert.StartsWith("OperationFailed,", _session.Fail("Import-VM -CompatibilityReport $r").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(
            $"0 lab {switchName}",
            _session.Text(
                $$"""
                $r.Incompatibilities | Where-Object MessageId -eq 33012 | ForEach-Object { $_.Source | {{mend}} }
                $n = (Compare-VM -CompatibilityReport $r).Incompatibilities.Count
                $vm = Import-VM -CompatibilityReport $r
                "$n $($vm.Name) $((Get-VMNetworkAdapter lab -Name Uplink).SwitchName)"
                """));
        Assert.Equal("Running", _session.Text("Start-VM lab; (Get-VM lab).State"));
    }

    [Fact]
    public void ImportVM_OfAMachineWhoseSwitchHasItsNameHere_IsConnectedToThatOne()
    {
        Export("Lab net");
        _ = _session.Run("Remove-VM lab -Force; Remove-VMSwitch 'Lab net' -Force; New-VMSwitch 'LAB NET' -SwitchType Private | Out-Null");

        Assert.Equal("LAB NET|Default Switch", _session.Text("$null = Import-VM $exported; (Get-VMNetworkAdapter lab).SwitchName -join '|'"));
    }

    // Each has an address that the user chose, the same for both, and one that the host gave.
    [Fact]
    public void ImportVM_OfACopy_HasAdaptersOfItsOwnBesideTheFirst()
    {
        Export("A");
        Assert.Equal(
            ["Running 2", "Running 2", "4 3"],
            _session.Run(
                """
                Start-VM lab
                $copy = Import-VM $exported -Copy -GenerateNewId -VhdDestinationPath $folder/copies
                Rename-VM $copy copy
                Start-VM copy
                'lab', 'copy' | ForEach-Object { "$((Get-VM $_).State) $(@(Get-VMNetworkAdapter $_ | Where-Object Status -eq Ok).Count)" }
                $all = Get-VMNetworkAdapter lab, copy
                $ids = [Collections.Generic.HashSet[string]] [string[]] ($all.Id | ForEach-Object { $_.Split('\')[1] })
                $addresses = [Collections.Generic.HashSet[string]] [string[]] $all.MacAddress
                "$($ids.Count) $($addresses.Count)"
                """).Select(line => line.ToString()));
    }

    [Theory]
    [InlineData("\"name\": \"Uplink\"", "\"name\": \"\"", "name")]
    [InlineData("\"macAddress\": \"0200000000AA\"", "\"macAddress\": \"nonsense\"", "MAC address")]
    [InlineData("\"macAddress\": \"0200000000AA\"", "\"macAddress\": \"0300000000AA\"", "MAC address")]
    public void CompareVM_AdapterThatCannotBe_SaysWhy(string old, string changed, string named)
    {
        Export("A");
        string file = _session.Text("Remove-VM lab -Force; $exported");
        string text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(old, changed, StringComparison.Ordinal));

        Assert.Contains(named, _session.Text("(Compare-VM -Path $exported).Incompatibilities.Message"), StringComparison.Ordinal);
    }

    // A machine with an adapter on a switch, and another on the default switch; it has no disks.
    private void Export(string switchName)
    {
        _session.Create("lab");
        _ = _session.Run(
            $$"""
            New-VMSwitch '{{switchName}}' -SwitchType Private | Out-Null
            Rename-VMNetworkAdapter lab -NewName Uplink
            Set-VMNetworkAdapter lab -StaticMacAddress 02-00-00-00-00-AA
            Connect-VMNetworkAdapter lab -SwitchName '{{switchName}}'
            Add-VMNetworkAdapter lab -Name Other -SwitchName 'Default Switch'
            Export-VM lab $folder/exports
            $global:exported = [IO.Directory]::GetFiles("$folder/exports/lab", '*.vmcx', 'AllDirectories')[0]
            """);
    }
}
