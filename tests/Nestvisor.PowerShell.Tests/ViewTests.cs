using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nestvisor.PowerShell.Tests;

/// <summary>
/// What objects look like when nothing else is asked for: the columns and the alignment are those that Hyper-V's own commands print; all
/// columns are left-aligned and as wide as their longest value.
/// </summary>
public sealed partial class ViewTests : IClassFixture<Session>, IClassFixture<Screen>
{
    private const int Wide = 200;

    // Of each type a script that shows one, and the screen.
    private static readonly Dictionary<string, (string Script, string Screen)> s_tables = new(StringComparer.Ordinal)
    {
        ["VirtualMachine"] = (
            "Get-VM seen",
            """
            Name State CPUUsage(%) MemoryAssigned(M) Uptime   Status             Version
            ---- ----- ----------- ----------------- ------   ------             -------
            seen Off   0           0                 00:00:00 Operating normally 12.0
            """),
        ["VMProcessor"] = (
            "Get-VMProcessor seen",
            """
            VMName Count CompatibilityForMigrationEnabled CompatibilityForOlderOperatingSystemsEnabled
            ------ ----- -------------------------------- --------------------------------------------
            seen   2     False                            False
            """),
        ["VMMemory"] = (
            "Get-VMMemory seen",
            """
            VMName DynamicMemoryEnabled Minimum(M) Startup(M) Maximum(M)
            ------ -------------------- ---------- ---------- ----------
            seen   False                512        1024       1048576
            """),
        ["VMFirmware"] = (
            "Get-VMFirmware seen",
            """
            VMName SecureBoot SecureBootTemplate PreferredNetworkBootProtocol BootOrder
            ------ ---------- ------------------ ---------------------------- ---------
            seen   Off                           IPv4                         {}
            """),
        ["VMComPort"] = (
            "Get-VMComPort seen",
            """
            VMName Name  Path
            ------ ----  ----
            seen   COM 1
            seen   COM 2
            """),
        ["HardDiskDrive"] = (
            "Get-VMHardDiskDrive seen",
            """
            VMName ControllerType ControllerNumber ControllerLocation DiskNumber Path
            ------ -------------- ---------------- ------------------ ---------- ----
            seen   SCSI           0                3                             /FOLDER/seen.img
            """),
        ["VMNetworkAdapterBase"] = (
            "Get-VMNetworkAdapter seen",
            """
            Name            IsManagementOs VMName SwitchName MacAddress   Status IPAddresses
            ----            -------------- ------ ---------- ----------   ------ -----------
            Network Adapter False          seen              000000000000 {}     {}
            """),
        ["VMNetworkAdapterVlanSetting"] = (
            "Get-VMNetworkAdapterVlan seen",
            """
            VMName VMNetworkAdapterName Mode     VlanList
            ------ -------------------- ----     --------
            seen   Network Adapter      Untagged
            """),
        ["VMSwitch"] = (
            "Get-VMSwitch",
            """
            Name           SwitchType NetAdapterInterfaceDescription
            ----           ---------- ------------------------------
            Default Switch Internal
            """),
        ["VMIdeController"] = (
            "Get-VMIdeController seen",
            """
            VMName ControllerNumber Drives
            ------ ---------------- ------
            seen   0                {}
            seen   1                {}
            """),
        ["VMScsiController"] = (
            "Get-VMScsiController seen",
            """
            VMName ControllerNumber Drives
            ------ ---------------- ------
            seen   0                {Hard Drive on SCSI controller number 0 at location 3}
            """),
        ["VMIntegrationComponent"] = (
            "Get-VMIntegrationService seen -Name VSS",
            """
            VMName Name Enabled PrimaryStatusDescription SecondaryStatusDescription
            ------ ---- ------- ------------------------ --------------------------
            seen   VSS  False   Not supported
            """),
        ["VMHost"] = (
            "Get-VMHost | ForEach-Object { $_ }",
            """
            Name LogicalProcessorCount MemoryCapacity(M) VirtualMachineMigrationEnabled
            ---- --------------------- ----------------- ------------------------------
            HOST N                     N                 False
            """),
        ["VMHostSupportedVersion"] = (
            "Get-VMHostSupportedVersion -Default",
            """
            Name                       Version IsDefault
            ----                       ------- ---------
            Configuration version 12.0 12.0    True
            """),
        ["VMHostNestedVirtualizationCheck"] = (
            "Test-VMHostNestedVirtualization -Engine Software",
            """
            Engine   Name                   Result        Found                                                                        Remedy
            ------   ----                   ------        -----                                                                        ------
            Software Translation            Warning       fake code                                                                    fake kernel
            Software Nesting                Passed        fake outcome
            """),
    };

    private readonly Session _session;
    private readonly Screen _screen;

    public ViewTests(Session session, Screen screen)
    {
        _session = session;
        _screen = screen;
        _ = _session.Run(
            """
            Get-VM | Remove-VM -Force
            New-VM seen 1GB | Set-VMProcessor -Count 2
            [IO.File]::WriteAllBytes("$folder/seen.img", [byte[]]::new(1MB))
            Add-VMHardDiskDrive seen -Path "$folder/seen.img" -ControllerLocation 3
            """);
    }

    public static TheoryData<string> Tables => [.. s_tables.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Table_OfAType_LooksAsInHyperV(string type)
    {
        (string script, string screen) = s_tables[type];

        string shown = _screen.Show(script, Wide);

        Assert.Equal(screen, type == "VMHost" ? WithoutTheHost(shown) : Trimmed(shown.Replace(_session.Folder, "/FOLDER", StringComparison.Ordinal)));
    }

    [Fact]
    public void Table_OfARunningMachine_HasWholeMegabytesAndASpanOfTime()
    {
        _session.Create("busy");
        _ = _session.Run("Start-VM busy");

        string row = Trimmed(_screen.Show("Get-VM busy", Wide)).Split('\n')[2];

        Assert.Matches(@"^busy Running \d+ +512 +\d\d:\d\d:\d\d(\.\d{7})? Operating normally 12\.0$", row);
        _ = _session.Run("Stop-VM busy -TurnOff; Remove-VM busy -Force");
    }

    // As Hyper-V's, with the engine beneath. Format-List itself is not in the engine that the tests have.
    [Fact]
    public void List_OfAMachine_HasHyperVsLines()
    {
        XElement list = XDocument.Load(Path.Combine(Session.Module, "Hyper-V.format.ps1xml")).Descendants("ListControl").Single();

        Assert.Equal(
            ["Name", "State", "CpuUsage", "MemoryAssigned", "MemoryDemand", "MemoryStatus", "Uptime", "Status", "ReplicationState", "Generation", "Engine"],
            list.Descendants("ListItem").Select(item => (item.Element("Label") ?? item.Element("PropertyName")!).Value));
    }

    [Fact]
    public void Types_WithAView_AreAllShownHere()
    {
        XDocument views = XDocument.Load(Path.Combine(Session.Module, "Hyper-V.format.ps1xml"));

        Assert.Equal(
            s_tables.Keys.Order(StringComparer.Ordinal),
            views.Descendants("View").Where(view => view.Element("TableControl") is not null)
                .Select(view => view.Descendants("TypeName").Single().Value["Microsoft.HyperV.PowerShell.".Length..]).Order(StringComparer.Ordinal));
    }

    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0));

    // Name, processors and memory are this computer's, and as long as they are.
    private static string WithoutTheHost(string text)
    {
        string[] lines = Trimmed(text).Split('\n');
        Assert.Equal(["Name", "LogicalProcessorCount", "MemoryCapacity(M)", "VirtualMachineMigrationEnabled"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Match row = HostRow().Match(lines[2]);
        Assert.True(row.Success, lines[2]);
        Assert.Equal([lines[0].IndexOf("Logical", StringComparison.Ordinal), lines[0].IndexOf("Memory", StringComparison.Ordinal)], [row.Groups[2].Index, row.Groups[3].Index]);
        return s_tables["VMHost"].Screen;
    }

    [GeneratedRegex(@"^(\S+) +(\d+) +(\d+(?:\.\d+)?) +False$")]
    private static partial Regex HostRow();
}
