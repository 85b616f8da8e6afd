using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>Name servers of an interface that an external switch takes, with a resolvectl(1) that is made up.</summary>
public sealed class UplinkNamesTests : IDisposable
{
    private readonly Session _session = new();
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _session.Dispose();
    }

    [Fact]
    public void NewVMSwitch_InterfaceWithNameServersOfItsOwn_WarnsWithTheLineThatGivesThemBack()
    {
        File.WriteAllText(Path.Combine(_session.Namespace.ResolverFile), "nameserver 127.0.0.53\n");
        string said = Path.Combine(_session.Folder, "said");
        string program = Path.Combine(_session.Folder, "bin", "resolvectl");
        _ = Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.WriteAllText(program, $"#!/bin/sh\necho \"$@\" >> '{said}'\nif [ $# = 1 ]; then echo 'Link 2 (eth0): 192.0.2.1 192.0.2.2'; fi\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        // The service, which the first command starts, has it from this process.
        Environment.SetEnvironmentVariable("PATH", $"{Path.GetDirectoryName(program)}:{_path}");

        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("New-VMSwitch Ext -NetAdapterName eth0 | Out-Null");

        Assert.Empty(errors);
        string warning = Assert.Single(warnings);
        Assert.Contains("'eth0'", warning, StringComparison.Ordinal);
        const string line = "Set-DnsClientServerAddress 'vEthernet (Ext)' -ServerAddresses 192.0.2.1, 192.0.2.2";
        Assert.Contains(line, warning, StringComparison.Ordinal);

        // The line does what it is for.
        Assert.Empty(_session.RunAll(line).Errors);
        string bridge = _session.Text("(Get-NetAdapter 'vEthernet (Ext)').ifName");
        Assert.Contains($"dns {bridge} 192.0.2.1 192.0.2.2", File.ReadAllLines(said));
        _ = _session.Run("Remove-VMSwitch Ext -Force");
    }
}
