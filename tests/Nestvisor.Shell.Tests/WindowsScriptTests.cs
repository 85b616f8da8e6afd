namespace Nestvisor.Shell.Tests;

/// <summary>What scripts for Hyper-V ask about their user and their host before they begin, which on Windows is not PowerShell's to answer.</summary>
public sealed class WindowsScriptTests
{
    private static readonly string Runtime = Path.Combine(Path.GetTempPath(), "nvs" + Guid.NewGuid().ToString("N")[..8]);

    [Theory]
    [InlineData("(New-Object System.Security.Principal.WindowsPrincipal([System.Security.Principal.WindowsIdentity]::GetCurrent())).IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)")]
    [InlineData("([Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole([Security.Principal.WindowsBuiltInRole] 'Administrator')")]
    [InlineData("[Security.Principal.WindowsPrincipal]::new([Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole('Administrators')")]
    [InlineData("(New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())).IsInRole(544)")]
    [InlineData("using namespace System.Security.Principal; ([WindowsPrincipal][WindowsIdentity]::GetCurrent()).IsInRole([WindowsBuiltInRole]::Administrator)")]
    public void Administrator_WhoMayManageTheService_IsOne(string question)
    {
        // No service runs in a folder that is not there yet, and this user may make it: the machines would be this user's.
        var result = ShellProcess.Command($"{Prefix(question)}$env:NESTVISOR_RUNTIME = '{Runtime}'; {Question(question)}");
        Assert.Equal("True\n", result.Output);
        Assert.Equal(string.Empty, result.Error.Trim());
        Assert.False(Directory.Exists(Runtime));
    }

    [Theory]
    [InlineData("User", "True")]
    [InlineData("Guest", "False")]
    [InlineData("BackupOperator", "False")]
    [InlineData("No such group", "False")]
    public void Role_OtherThanAdministrator_IsAnswered(string role, string expected)
        => Assert.Equal(expected + "\n", ShellProcess.Command($"([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole('{role}')").Output);

    [Fact]
    public void Identity_Name_IsTheUsers()
        => Assert.Equal($"{Environment.UserName} True\n", ShellProcess.Command("$i = [System.Security.Principal.WindowsIdentity]::GetCurrent(); \"$($i.Name) $($i.IsAuthenticated)\"").Output);

    [Fact]
    public void Host_AskedAsOnWindows_AnswersWithWhatLinuxTells()
    {
        var result = ShellProcess.Command(
            """
            $c = Get-CimInstance -ClassName Win32_ComputerSystem
            $p = @(Get-CimInstance Win32_Processor)
            $o = Get-CimInstance Win32_OperatingSystem -Namespace root\cimv2
            $v = Get-ItemProperty -Path 'hklm:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
            "$($c.Name)|$($p[0].Manufacturer)|$($c.NumberOfLogicalProcessors)|$($c.TotalPhysicalMemory -eq 1KB * $o.TotalVisibleMemorySize)|$($o.Caption -eq $v.ProductName)"
            $v.BuildLabEx.split('.')[0]
            (Get-ItemProperty 'HKLM:/SOFTWARE/Microsoft/Windows NT/CurrentVersion' -Name CurrentBuild).CurrentBuild
            """);
        var vendor = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("vendor_id", StringComparison.Ordinal)).Split(':')[1].Trim();
        var processors = File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal));
        Assert.Equal($"{Environment.MachineName}|{vendor}|{processors}|True|True\n26100\n26100\n", result.Output);
        Assert.Equal(string.Empty, result.Error.Trim());
    }

    [Theory]
    [InlineData("Get-CimInstance Win32_Fan", "HRESULT 0x80041010,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand")]
    [InlineData("Get-CimInstance Win32_DeviceGuard -Namespace root\\Microsoft\\Windows\\DeviceGuard", "HRESULT 0x8004100e,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand")]
    [InlineData("Get-ItemProperty HKLM:\\System\\CurrentControlSet\\Control\\DeviceGuard", "PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand")]
    [InlineData("Get-WindowsOptionalFeature -Online -FeatureName NoSuch", "FeatureUnknown,Microsoft.Dism.Commands.GetWindowsOptionalFeatureCommand")]
    [InlineData("bcdedit /set hypervisorlaunchtype off", "NotSupported,Nestvisor.Shell.Windows.GetBootConfigurationCommand")]
    public void Host_AskedForWhatLinuxHasNot_IsAnErrorThatCanBeSilenced(string command, string expected)
        => Assert.Equal($"{expected}\nquiet\n", ShellProcess.Command(
            $"try {{ {command} -ErrorAction Stop }} catch {{ $_.FullyQualifiedErrorId }}; try {{ {command} -ErrorAction SilentlyContinue }} catch {{ }}; 'quiet'").Output);

    [Fact]
    public void Features_OfHyperV_AreFoundByName()
    {
        var result = ShellProcess.Command(
            "(Get-WindowsOptionalFeature -Online | where FeatureName -eq Microsoft-Hyper-V-Management-PowerShell).State; @(Get-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V).Count");
        Assert.Equal("Enabled\n1\n", result.Output);
    }

    [Fact]
    public void BootConfiguration_Searched_HasTheKernelsCommandLine()
    {
        var result = ShellProcess.Command("(bcdedit /enum | Select-String '^loadoptions').Line.Substring(24); @(bcdedit | Select-String no-such-option).Count");
        Assert.Equal($"{File.ReadAllText("/proc/cmdline").Trim()}\n0\n", result.Output);
    }

    [Fact]
    public void Key_AskedOfAPipe_IsItsNextCharacter()
    {
        var result = ShellProcess.RunWithInput(
            "yN", "-NoProfile", "-Command", "$Host.UI.RawUI.WindowTitle = 'x'; $Host.UI.RawUI.ReadKey('NoEcho,IncludeKeyDown').Character; $Host.UI.RawUI.ReadKey().Character; $Host.UI.RawUI.ReadKey()");
        Assert.Equal("y\nN\n", result.Output);
        Assert.Contains("standard input has ended", result.Error, StringComparison.Ordinal);
    }

    private static string Prefix(string question) => question.StartsWith("using ", StringComparison.Ordinal) ? question[..(question.IndexOf(';', StringComparison.Ordinal) + 1)] + " " : string.Empty;

    private static string Question(string question) => question[Prefix(question).TrimEnd().Length..];
}
