namespace Nestvisor.Shell.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("1", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("exit", 0)]
    [InlineData("throw 'x'", 1)]
    [InlineData("Write-Error x", 1)]
    [InlineData("Write-Error x; 1", 0)]
    [InlineData("No-Such", 1)]
    [InlineData("/bin/false", 1)]
    [InlineData("sh -c 'exit 5'", 1)]
    [InlineData("sh -c 'exit 5'; exit $LASTEXITCODE", 5)]
    [InlineData("/bin/false; 1", 0)]
    [InlineData("$ErrorActionPreference='Stop'; Get-Item /no/such; exit 0", 1)]
    [InlineData("if (", 1)]
    public void Command_Ends_WithCodeOfPwsh(string command, int expected) => Assert.Equal(expected, ShellProcess.Command(command).ExitCode);

    [Theory]
    [InlineData("exit 4", 4)]
    [InlineData("throw 'x'", 1)]
    [InlineData("Write-Error x", 0)]
    [InlineData("/bin/false", 0)]
    [InlineData("sh -c 'exit 5'", 0)]
    public void File_Ends_WithCodeOfPwsh(string script, int expected)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(expected, ShellProcess.Run("-NoProfile", "-File", folder.File("s.ps1", script)).ExitCode);
    }

    [Theory]
    [InlineData("throw 'gone'", "gone")]
    [InlineData("$ErrorActionPreference='Stop'; Get-Item /no/such", "/no/such")]
    [InlineData("Get-Item <Path>", "<")]
    [InlineData("if (1) {", "Missing closing '}'")]
    [InlineData("Write-Error gone", "gone")]
    public void Error_ThatEndsACommandOrNot_GoesToStandardError(string command, string expected)
    {
        var result = ShellProcess.Command(command);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal(string.Empty, result.Output.Trim());
    }

    [Fact]
    public void File_Missing_IsNamedWithUsageError()
    {
        var result = ShellProcess.Run("-File", "/no/such.ps1");
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("/no/such.ps1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void File_NotUtf8_IsRefusedWithItsLine()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("s.ps1", string.Empty);
        // A dash of code page 1251 before a parameter's name.
        File.WriteAllBytes(path, [.. "'ran'\n"u8, 0x96, .. "Name x"u8]);
        var result = ShellProcess.Run("-File", path);
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("line 2", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void File_Arguments_AreBoundByName()
    {
        using var folder = new TemporaryFolder();
        var script = folder.File("s.ps1", "param([string]$Name, [switch]$Fast, [int]$Count) \"$Name|$Fast|$Count|$PSScriptRoot\"");
        var result = ShellProcess.Run("-NoProfile", "-File", script, "-Count", "3", "-Fast", "-Name", "a b");
        Assert.Equal($"a b|True|3|{folder.Path}\n", result.Output);
    }

    [Fact]
    public void StandardInput_Commands_RunToExit()
    {
        var result = ShellProcess.RunWithInput("$a = 1\nif ($a) {\n  'yes'\n}\n\nexit 6\n'no'\n", "-NoProfile", "-Command", "-");
        Assert.Equal(6, result.ExitCode);
        Assert.Equal("yes\n", result.Output);
    }
}
