namespace Nestvisor.Shell.Tests;

/// <summary>The modules of Windows' network commands in the shell, which finds them when a command of theirs is used.</summary>
public sealed class NetworkModuleTests
{
    [Theory]
    [InlineData("Get-NetNatGlobal", "NetNat")]
    [InlineData("get-netadapter", "NetAdapter")]
    [InlineData("New-NetIPAddress", "NetTCPIP")]
    [InlineData("Set-DnsClientServerAddress", "DnsClient")]
    [InlineData("Netsh", "Netsh")]
    public void Command_OfANetworkModule_IsFound(string command, string module)
    {
        ShellProcess.Result result = ShellProcess.Command($"(Get-Command {command}).ModuleName");

        Assert.Equal((0, module), (result.ExitCode, result.Output.Trim()));
    }

    [Fact]
    public void Module_Imported_ListsItsCommands()
    {
        ShellProcess.Result result = ShellProcess.Command("Import-Module NetNat; Import-Module NetTCPIP; (Get-Command -Module NetNat).Count; (Get-Command -Module NetTCPIP).Count");

        Assert.Equal("10\n10\n", result.Output);
    }

    [Fact]
    public void Command_BesideThoseOfHyperV_Works()
    {
        // Both modules bring the same library of the service's interface.
        ShellProcess.Result result = ShellProcess.Command("Get-VM -ComputerName elsewhere; (Get-NetNatGlobal -CimSession 1) 2>&1; 'end'");

        Assert.Contains("end", result.Output, StringComparison.Ordinal);
        Assert.Contains("elsewhere", result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Could not load", result.Output + result.Error, StringComparison.Ordinal);
    }
}
