using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>NATs and their static mappings.</summary>
public sealed class NatTests : IClassFixture<Session>
{
    private readonly Session _session;

    public NatTests(Session session)
    {
        _session = session;
        _ = _session.Namespace;
        _ = _session.RunAll("Remove-NetNat -Confirm:$false");
        _ = _session.Run("New-NetNat one -InternalIPInterfaceAddressPrefix 192.168.100.0/24");
    }

    [Theory]
    [InlineData("New-NetNat ONE -InternalIPInterfaceAddressPrefix 192.168.200.0/24", "'ONE'")]
    [InlineData("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.100.128/25", "192.168.100.0/24")]
    [InlineData("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.0.0/16", "192.168.100.0/24")]
    [InlineData("New-NetNat two -InternalIPInterfaceAddressPrefix 10.9.0.0/24", "10.9.0.")]
    [InlineData("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.1/24", "192.168.200.1/24")]
    [InlineData("New-NetNat two -InternalIPInterfaceAddressPrefix fd00::/64", "fd00::/64")]
    [InlineData("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.0", "192.168.200.0")]
    [InlineData("New-NetNat two", "-InternalIPInterfaceAddressPrefix")]
    public void NewNetNat_BreakingARule_IsWindowsError87(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.Equal("Windows System Error 87,Nestvisor.NetworkCommands.Commands.NewNetNat", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Equal("MSFT_NetNat", error.CategoryInfo.TargetName);
        Assert.Equal("CimException", error.CategoryInfo.Reason);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("one", _session.Text("(Get-NetNat).Name"));
    }

    [Fact]
    public void NewNetNat_WithAnotherPrefix_IsASecondOne() => Assert.Equal(
        "one,two", _session.Text("$null = New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.0/24; (Get-NetNat).Name -join ','"));

    [Fact]
    public void NewNetNat_WhatIf_MakesNone() => Assert.Equal(
        "one", _session.Text("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.0/24 -WhatIf; (Get-NetNat).Name -join ','"));

    [Theory]
    [InlineData("Get-NetNat nosuch", "No MSFT_NetNat objects found with property 'Name' equal to 'nosuch'.", "CmdletizationQuery_NotFound_Name")]
    [InlineData("Remove-NetNat nosuch -Confirm:$false", "'nosuch'", "CmdletizationQuery_NotFound_Name")]
    [InlineData("Get-NetNatStaticMapping nosuch", "'nosuch'", "CmdletizationQuery_NotFound_NatName")]
    [InlineData("Get-NetNatExternalAddress nosuch", "'nosuch'", "CmdletizationQuery_NotFound_NatName")]
    [InlineData("Remove-NetNatStaticMapping -StaticMappingID 77 -Confirm:$false", "'77'", "CmdletizationQuery_NotFound_StaticMappingID")]
    [InlineData("Remove-NetNatStaticMapping one -StaticMappingID 77 -Confirm:$false", "StaticMappingID", "CmdletizationQuery_NotFound")]
    public void Nat_ThatIsNotThere_IsNotFound(string script, string message, string id)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("CimJobException", error.CategoryInfo.Reason);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-NetNat on*", "one")]
    [InlineData("Get-NetNat ONE", "one")]
    [InlineData("Get-NetNat x*", "")]
    [InlineData("[pscustomobject]@{ Name = 'one' } | Get-NetNat", "one")]
    public void GetNetNat_ByName_FindsIt(string script, string names) => Assert.Equal(names, _session.Text($"({script}).Name -join ','"));

    [Fact]
    public void RemoveNetNat_WithoutAName_RemovesAllAndAsks()
    {
        _ = _session.Run("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.0/24");

        // Nobody is there who could answer.
        Assert.NotEmpty(_session.RunAll("Remove-NetNat").Errors);
        Assert.Equal("2", _session.Text("@(Get-NetNat).Count"));

        Assert.Equal("one,two", _session.Text("(Remove-NetNat -Confirm:$false -PassThru).Name -join ','"));
        Assert.Empty(_session.Run("Get-NetNat"));
        Assert.DoesNotContain("192.168.", _session.Namespace.Run("nft", "-j", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void RemoveNetNat_FromThePipeline_RemovesThatOne() => Assert.Equal(
        "one", _session.Text("New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.0/24 | Remove-NetNat -Confirm:$false; (Get-NetNat).Name"));

    [Fact]
    public void SetNetNat_Timeouts_AreShownAndInTheRules()
    {
        Assert.Equal(
            "3600 200 60",
            _session.Text(
                """
                Set-NetNat one -TcpEstablishedConnectionTimeout 3600 -TcpTransientConnectionTimeout 200
                $nat = Set-NetNat one -UdpIdleSessionTimeout 60 -PassThru
                "$($nat.TcpEstablishedConnectionTimeout) $($nat.TcpTransientConnectionTimeout) $($nat.UdpIdleSessionTimeout)"
                """));
        Assert.Contains("3600", _session.Namespace.Run("nft", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Set-NetNat one -TcpFilteringBehavior AddressDependentFiltering -UdpInboundRefresh $true")]
    [InlineData("Set-NetNatGlobal -InterRoutingDomainHairpinningMode Local")]
    public void Parameters_ThatAskForWhatIsTheCase_AreAccepted(string script) => Assert.Empty(_session.Run(script));

    [Fact]
    public void Mapping_Added_IsShownAndInTheRulesAndRemoved()
    {
        Assert.Equal(
            "one TCP 0.0.0.0:2222 192.168.100.2:22 0.0.0.0/0 True",
            _session.Text(
                """
                $m = Add-NetNatStaticMapping -NatName ONE -Protocol TCP -ExternalIPAddress 0.0.0.0/0 -ExternalPort 2222 -InternalIPAddress 192.168.100.2 -InternalPort 22
                "$($m.NatName) $($m.Protocol) $($m.ExternalIPAddress):$($m.ExternalPort) $($m.InternalIPAddress):$($m.InternalPort) $($m.RemoteExternalIPAddressPrefix) $($m.Active)"
                """));
        Assert.Contains("2222", _session.Namespace.Run("nft", "-j", "list", "ruleset"), StringComparison.Ordinal);

        Assert.Equal("2222", _session.Text("(Get-NetNatStaticMapping one | Remove-NetNatStaticMapping -Confirm:$false -PassThru).ExternalPort"));
        Assert.DoesNotContain("2222", _session.Namespace.Run("nft", "-j", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void Mapping_WithoutAnInternalPort_HasTheExternalOne() => Assert.Equal(
        "53 UDP",
        _session.Text("$m = Add-NetNatStaticMapping one -Protocol UDP -ExternalIPAddress 10.9.0.2 -ExternalPort 53 -InternalIPAddress 192.168.100.2; \"$($m.InternalPort) $($m.Protocol)\""));

    [Theory]
    [InlineData("-ExternalIPAddress 0.0.0.0 -ExternalPort 81 -InternalIPAddress 192.168.101.9", "192.168.101.9")]
    [InlineData("-ExternalIPAddress 0.0.0.0 -ExternalPort 0 -InternalIPAddress 192.168.100.9", "0")]
    [InlineData("-ExternalIPAddress nonsense -ExternalPort 81 -InternalIPAddress 192.168.100.9", "nonsense")]
    public void Mapping_BreakingARule_IsRefused(string arguments, string named)
    {
        _ = _session.Run("Add-NetNatStaticMapping one -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 80 -InternalIPAddress 192.168.100.2");

        ErrorRecord error = _session.Fail($"Add-NetNatStaticMapping one -Protocol TCP {arguments}");

        Assert.Equal("Windows System Error 87,Nestvisor.NetworkCommands.Commands.AddNetNatStaticMapping", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Single(_session.Run("Get-NetNatStaticMapping"));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.9.0.2")]
    public void Mapping_PortOfAnotherMapping_IsWindowsError32(string external)
    {
        _ = _session.Run("Add-NetNatStaticMapping one -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 80 -InternalIPAddress 192.168.100.2");

        ErrorRecord error = _session.Fail($"Add-NetNatStaticMapping one -Protocol TCP -ExternalIPAddress {external} -ExternalPort 80 -InternalIPAddress 192.168.100.9");

        Assert.Equal("Windows System Error 32,Nestvisor.NetworkCommands.Commands.AddNetNatStaticMapping", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.NotSpecified, error.CategoryInfo.Category);
        Assert.Contains("192.168.100.2", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("Remove-NetNatStaticMapping", error.Exception.Message, StringComparison.Ordinal);
        Assert.Single(_session.Run("Get-NetNatStaticMapping"));
    }

    [Fact]
    public void Mapping_PortThatAProgramListensOn_IsWindowsError32AndAddsNone()
    {
        string before = _session.Namespace.Run("nft", "list", "ruleset");
        using System.Net.Sockets.Socket listener = _session.Namespace.Listen(8080);

        ErrorRecord error = _session.Fail("Add-NetNatStaticMapping one -Protocol TCP -ExternalIPAddress 0.0.0.0/0 -ExternalPort 8080 -InternalIPAddress 192.168.100.2 -InternalPort 80");

        Assert.Equal("Windows System Error 32,Nestvisor.NetworkCommands.Commands.AddNetNatStaticMapping", error.FullyQualifiedErrorId);
        Assert.Equal("MSFT_NetNatStaticMapping", error.CategoryInfo.TargetName);
        Assert.Contains($"process {Environment.ProcessId})", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("0.0.0.0:8080", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_session.Run("Get-NetNatStaticMapping"));
        Assert.Equal(before, _session.Namespace.Run("nft", "list", "ruleset"));
    }

    [Fact]
    public void Mapping_OfANatThatIsNotThere_IsElementNotFound()
    {
        ErrorRecord error = _session.Fail("Add-NetNatStaticMapping nosuch -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 80 -InternalIPAddress 192.168.100.2");

        Assert.StartsWith("Windows System Error 1168,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
    }

    [Fact]
    public void NewNetNat_AsJob_IsMadeByTheJob() => Assert.Equal(
        "CimJob Completed two",
        _session.Text(
            """
            $job = New-NetNat two -InternalIPInterfaceAddressPrefix 192.168.200.0/24 -AsJob
            $null = Wait-Job $job
            "$($job.PSJobTypeName) $($job.State) $((Receive-Job $job).Name)"
            """));
}
