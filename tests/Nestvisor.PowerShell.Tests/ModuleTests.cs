using System.Management.Automation;
using System.Xml.Linq;
using Microsoft.HyperV.PowerShell;
using Microsoft.HyperV.PowerShell.Commands;

namespace Nestvisor.PowerShell.Tests;

public sealed class ModuleTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ModuleTests(Session session) => _session = session;

    [Fact]
    public void Module_Imported_ExportsEveryCommandClass()
    {
        HashSet<string> exported = [.. _session.Run("Get-Command -Module Hyper-V").Select(command => command.Properties["Name"].Value.ToString()!)];
        HashSet<string> classes = [];
        foreach (Type type in typeof(GetVM).Assembly.GetExportedTypes())
        {
            if (!type.IsAbstract && Attribute.GetCustomAttribute(type, typeof(CmdletAttribute)) is CmdletAttribute cmdlet)
            {
                _ = classes.Add($"{cmdlet.VerbName}-{cmdlet.NounName}");

                // FullyQualifiedErrorId shows the class's name, which scripts compare.
                string full = cmdlet.NounName == "VHD"
                    ? $"Microsoft.Vhd.PowerShell.Cmdlets.{cmdlet.VerbName}{(cmdlet.VerbName == "Get" ? "VHD" : "Vhd")}"
                    : $"Microsoft.HyperV.PowerShell.Commands.{cmdlet.VerbName}{cmdlet.NounName}";
                Assert.Equal(full, type.FullName);
            }
        }

        Assert.Equal(classes.Order(), exported.Order());
    }

    [Fact]
    public void Views_Properties_Exist()
    {
        foreach (Type type in typeof(VirtualMachine).Assembly.GetExportedTypes())
        {
            Assert.All(Views(type.FullName!).Descendants("PropertyName"), name => Assert.NotNull(type.GetProperty(name.Value)));
        }
    }

    [Fact]
    public void Commands_QualifiedByTheModule_Work() => Assert.Empty(_session.Run("Hyper-V\\Get-VM no*such*name"));

    [Theory]
    [InlineData("Name", 0, true, "VMName")]
    public void StartVM_Parameters_AreHyperVs(string name, int position, bool pipeline, string alias)
    {
        CommandInfo command = (CommandInfo)_session.Run("Get-Command Start-VM")[0].BaseObject;
        ParameterMetadata parameter = command.Parameters[name];

        Assert.Equal(position, parameter.ParameterSets["Name"].Position);
        Assert.Equal(pipeline, parameter.ParameterSets["Name"].ValueFromPipeline);
        Assert.Equal([alias], parameter.Aliases);
        Assert.Contains("VMObject", command.ParameterSets.Select(set => set.Name));
    }

    [Theory]
    [InlineData("New-VM", "No VHD")]
    [InlineData("Get-VM", "Name")]
    [InlineData("Set-VM", "Name")]
    [InlineData("Remove-VM", "Name")]
    [InlineData("Set-VMProcessor", "VMName")]
    [InlineData("Get-VMMemory", "VMName")]
    [InlineData("Get-VMHost", "ComputerName")]
    [InlineData("Set-VMHost", "ComputerName")]
    [InlineData("Get-VMHostSupportedVersion", "ComputerName")]
    public void Command_DefaultParameterSet_IsHyperVs(string name, string set) =>
        Assert.Equal(set, ((CmdletInfo)_session.Run($"Get-Command {name}")[0].BaseObject).DefaultParameterSet);

    [Theory]
    [InlineData("[int][Microsoft.HyperV.PowerShell.OnOffState]::On", "0")]
    [InlineData("[int][Microsoft.HyperV.PowerShell.VMState]::Off", "3")]
    [InlineData("[int][Microsoft.HyperV.PowerShell.VMState]::Running", "2")]
    [InlineData("[int][Microsoft.HyperV.PowerShell.VMState]::Paused", "9")]
    public void Enumerations_Numbers_AreHyperVs(string script, string value) => Assert.Equal(value, _session.Text(script));

    [Theory]
    [InlineData("Get-VM -ComputerName elsewhere", "elsewhere")]
    [InlineData("Set-VMProcessor x -Reserve 5", "-Reserve")]
    [InlineData("Set-VMProcessor x -HwThreadCountPerCore 2", "-HwThreadCountPerCore")]
    [InlineData("Set-VMMemory x -DynamicMemoryEnabled $true", "-DynamicMemoryEnabled")]
    [InlineData("Set-VM x -DynamicMemory", "-DynamicMemory")]
    [InlineData("Set-VM x -CheckpointType Production", "-CheckpointType")]
    [InlineData("Set-VM x -AutomaticStartAction Start", "-AutomaticStartAction")]
    [InlineData("New-VM x -SwitchName s", "-SwitchName")]
    [InlineData("Set-VMFirmware x -EnableSecureBoot On", "-EnableSecureBoot")]
    [InlineData("Restart-VM x -Wait -Force", "-Wait")]
    [InlineData("Set-VM x -EnhancedSessionTransportType HvSocket", "-EnhancedSessionTransportType")]
    [InlineData("Set-VMFirmware x -ConsoleMode COM1", "-ConsoleMode")]
    [InlineData("Set-VMFirmware x -PreferredNetworkBootProtocol IPv6", "-PreferredNetworkBootProtocol")]
    [InlineData("Add-VMHardDiskDrive x -Path /x -QoSPolicyID 1", "-QoSPolicyID")]
    [InlineData("Add-VMHardDiskDrive x -Path /x -OverrideCacheAttributes WriteCacheDisabled", "-OverrideCacheAttributes")]
    [InlineData("Set-VMHost -MaximumStorageMigrations 2", "-MaximumStorageMigrations")]
    [InlineData("Set-VMHost -MaximumVirtualMachineMigrations 2", "-MaximumVirtualMachineMigrations")]
    [InlineData("Set-VMHost -VirtualMachineMigrationAuthenticationType Kerberos", "-VirtualMachineMigrationAuthenticationType")]
    [InlineData("Set-VMHost -UseAnyNetworkForMigration $true", "-UseAnyNetworkForMigration")]
    [InlineData("Set-VMHost -VirtualMachineMigrationPerformanceOption SMB", "-VirtualMachineMigrationPerformanceOption")]
    [InlineData("Set-VMHost -ResourceMeteringSaveInterval 1:00:00", "-ResourceMeteringSaveInterval")]
    [InlineData("Set-VMHost -MacAddressMinimum 00155D000000", "-MacAddressMinimum")]
    [InlineData("Set-VMHost -MacAddressMaximum 00155D0000FF", "-MacAddressMaximum")]
    [InlineData("Set-VMHost -FibreChannelWwnn C003FF0000FFFF00", "-FibreChannelWwnn")]
    [InlineData("Set-VMHost -NumaSpanningEnabled $false", "-NumaSpanningEnabled")]
    [InlineData("Set-VMHost -EnableEnhancedSessionMode $true", "-EnableEnhancedSessionMode")]
    public void Parameter_ThatCannotBeHonoured_IsRefusedByName(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("NotSupported,Microsoft.HyperV.PowerShell.Commands.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.NotImplemented, error.CategoryInfo.Category);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_ThatAskForWhatIsTheCase_AreAccepted() => _session.Run(
        """
        New-VM accept -ComputerName localhost -Force | Out-Null
        Set-VM accept -StaticMemory -AutomaticCheckpointsEnabled $false -CheckpointType Disabled -AutomaticStartAction Nothing -AutomaticStopAction TurnOff
        Set-VMProcessor accept -Reserve 0 -Maximum 100 -RelativeWeight 100 -HwThreadCountPerCore 1 -EnableHostResourceProtection $false
        Set-VMMemory accept -DynamicMemoryEnabled $false
        Set-VMFirmware accept -EnableSecureBoot Off
        Set-VMHost -NumaSpanningEnabled $true -EnableEnhancedSessionMode $false -VirtualMachinePath (Get-VMHost).VirtualMachinePath
        Remove-VM accept -Force
        """);

    private static IEnumerable<XElement> Views(string type) =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Modules", "Hyper-V", "Hyper-V.format.ps1xml"))
            .Descendants("View").Where(view => view.Descendants("TypeName").Any(name => name.Value == type));
}
