namespace Nestvisor.PowerShell.Tests.Help;

/// <summary>Runs the examples of the help, each with a machine L1 of its own.</summary>
public sealed class ExampleTests : IClassFixture<Session>
{
    /// <summary>Needs a terminal; MachineTests of the shell run it in one.</summary>
    private const string InATerminal = "Connect-VMConsole";

    // The file has the identifier that the examples show.
    private const string Exported =
        """
        Export-VM L1 exported
        $folderOfIt = "$folder/exported/L1/Virtual Machines"
        [IO.File]::Move([IO.Directory]::GetFiles($folderOfIt, '*.vmcx')[0], "$folderOfIt/5AE40946-3A98-428E-8C83-081A3C6BD18C.vmcx")
        """;

    private const string NewDisk = "[IO.File]::Delete(\"$folder/data.vhdx\"); $null = New-VHD data.vhdx 40GB";

    // L1 is off, boots a kernel and has a disk; what an example needs beyond that.
    private static readonly Dictionary<string, string> s_preparations = new(StringComparer.Ordinal)
    {
        ["Compare-VM"] = Exported,
        ["Convert-VHD"] = "'data.img', 'copy.vhdx' | ForEach-Object { [IO.File]::Delete(\"$folder/$_\") }; $null = New-VHD data.img 4MB -Fixed",
        ["Get-VMComPort"] = "Start-VM L1",
        ["Get-VMConsoleLog"] = "Start-VM L1",
        ["Get-VMEngineStatistics"] = "Start-VM L1",
        ["Import-VM"] = Exported,
        ["New-VHD"] = "[IO.File]::Delete(\"$folder/data.vhdx\")",
        ["Optimize-VHD"] = NewDisk,
        ["Remove-VMSwitch"] = "New-VMSwitch VmNAT -SwitchType Internal",
        ["Rename-VMSwitch"] = "New-VMSwitch VmNAT -SwitchType Internal",
        ["Set-VMSwitch"] = "New-VMSwitch VmNAT -SwitchType Internal",
        ["Remove-VMSavedState"] = "Start-VM L1; Save-VM L1",
        ["Resize-VHD"] = NewDisk,
        ["Restart-VM"] = "Start-VM L1",
        ["Resume-VM"] = "Start-VM L1; Suspend-VM L1",
        ["Save-VM"] = "Start-VM L1",
        ["Send-VMConsoleText"] = "Start-VM L1",
        ["Set-VHD"] = NewDisk,
        ["Stop-VM"] = "Start-VM L1",
        ["Suspend-VM"] = "Start-VM L1",
        ["Test-VHD"] = NewDisk,
        ["Update-VMVersion"] = "Remove-VM L1 -Force; New-VM L1 -Version 8.0",
        ["Wait-VMConsoleText"] = "Start-VM L1; Send-VMConsoleText L1 login:",
    };

    private readonly Session _session;

    public ExampleTests(Session session) => _session = session;

    public static TheoryData<string> Commands => [.. CommandClasses.All.Keys.Where(name => name != InATerminal)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Example_OfACommand_Succeeds(string command)
    {
        if (command.EndsWith("-VMSwitch", StringComparison.Ordinal))
        {
            SwitchTests.RequireNetworks();
        }

        _session.Create("L1");
        _ = _session.Run(
            $$"""
            $null = $ExecutionContext.SessionState.Path.SetLocation($folder)
            'kernel' | ForEach-Object { [IO.File]::Copy("$folder/$_", "$folder/vmlinuz", $true) }
            'l1.cpio', 'disk.img', 'data.img' | ForEach-Object { [IO.File]::WriteAllBytes("$folder/$_", [byte[]]::new(1MB)) }
            Add-VMHardDiskDrive L1 -Path disk.img
            {{s_preparations.GetValueOrDefault(command, "")}}
            """);
        string example = _session.Text($"(Get-Help {command}).examples.example.code");

        try
        {
            (_, List<System.Management.Automation.ErrorRecord> errors, List<string> warnings) = _session.RunAll(example);

            Assert.Empty(errors);
            Assert.Empty(warnings);
        }
        finally
        {
            _ = _session.Run("if ([IO.Directory]::Exists(\"$folder/exported\")) { [IO.Directory]::Delete(\"$folder/exported\", $true) }");
            _ = _session.Run("Get-VM | ForEach-Object { if ($_.State -notin 'Off', 'Saved') { Stop-VM $_ -TurnOff }; Remove-VM $_ -Force }");
            _ = _session.Run("Get-VMSwitch -SwitchType Internal, Private | Where-Object Name -ne 'Default Switch' | Remove-VMSwitch -Force");
        }
    }
}
