using System.Diagnostics;

namespace Nestvisor.Shell.Tests;

public sealed class PromptTests
{
    [Fact]
    public void Confirmation_EndOfInput_IsNotYes()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("keep", "x");
        var result = ShellProcess.Command($"Remove-Item {file} -Confirm");
        Assert.True(File.Exists(file));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nothing was confirmed", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y\n", false)]
    [InlineData("n\n", true)]
    [InlineData("zz\nN\n", true)]
    [InlineData("\n", false)]
    public void Confirmation_Answered_DoesAsTold(string answer, bool remains)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("item", "x");
        ShellProcess.RunWithInput(answer, "-NoProfile", "-Command", $"Remove-Item {file} -Confirm");
        Assert.Equal(remains, File.Exists(file));
    }

    [Fact]
    public void Confirmation_NonInteractive_Fails()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("keep", "x");
        var result = ShellProcess.RunWithInput("y\n", "-NoProfile", "-NonInteractive", "-Command", $"Remove-Item {file} -Confirm");
        Assert.True(File.Exists(file));
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public void Folder_NotEmptyWithoutRecurse_IsNotRemovedAtEndOfInput()
    {
        using var folder = new TemporaryFolder();
        folder.File("keep", "x");
        ShellProcess.Command($"Remove-Item {folder.Path}");
        Assert.True(Directory.Exists(folder.Path));
    }

    [Fact]
    public void Output_Redirected_HasNoEscapeCodes()
    {
        var result = ShellProcess.Command("Write-Host a -ForegroundColor Red; [pscustomobject]@{a=1}; Write-Warning w; Write-Error e; Get-Item /");
        Assert.DoesNotContain('\e', result.Output);
        Assert.DoesNotContain('\e', result.Error);
        Assert.Contains("WARNING: w", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownCommand_Run_SaysWhatThisShellIs()
    {
        var result = ShellProcess.Command("try { Get-Nonsense } catch { $_.FullyQualifiedErrorId; $_.CategoryInfo.Category; $_.Exception.GetType().Name; $_.Exception.Message }");
        Assert.StartsWith("CommandNotFoundException\nObjectNotFound\nCommandNotFoundException\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("'Get-Nonsense'", result.Output, StringComparison.Ordinal);
        Assert.Contains("Import-Module", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-VMM", "Did you mean Get-VM?")]
    [InlineData("New-VN -Name x", "Did you mean New-VM?")]
    [InlineData("strat-vm x", "Did you mean Start-VM?")]
    [InlineData("Set-VMProccesor x", "Did you mean Set-VMProcessor?")]
    public void UnknownCommand_Misspelt_IsToldWhatWasMeant(string command, string expected)
    {
        var result = ShellProcess.Command(command);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownCommand_OfHyperV_IsNotSentToAnotherPowerShell()
    {
        var result = ShellProcess.Command("Measure-VMResourcePool; Test-Nothing");
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("'Measure-VMResourcePool'", lines[0], StringComparison.Ordinal);
        Assert.Contains("Get-Command -Module Hyper-V", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("Did you mean", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("Import-Module", lines[0], StringComparison.Ordinal);
        Assert.Contains("Import-Module", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Placeholder_TypedAsItStandsInAManual_IsToldToBeReplaced()
    {
        var result = ShellProcess.Command("Get-VM -Name <VMName>");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("without the brackets", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Interrupt_CommandRuns_StopsIt()
    {
        using var process = ShellProcess.Start("-NoProfile", "-Command", "'go'; try { Start-Sleep 600 } finally { [Console]::Out.WriteLine('cleaned') }; 'not reached'");
        Assert.Equal("go", process.StandardOutput.ReadLine());
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        var result = ShellProcess.Finish(process);
        Assert.Equal("cleaned\n", result.Output);
        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public void ModulePath_ForeignHome_IsDropped()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "Microsoft.PowerShell.Utility"));
        Assert.Equal("/own:/user", Engine.ModulePath.Compose($"/user:{folder.Path}", "/own", "/default"));
        Assert.Equal("/own:/default", Engine.ModulePath.Compose(null, "/own", "/default"));
    }
}
