using Nestvisor.Shell.Options;

namespace Nestvisor.Shell.Tests;

public sealed class OptionTests
{
    [Theory]
    [InlineData("-NoProfile", "-nop", "--noprofile", "-NOPROF")]
    public void NoProfile_EverySpelling_IsTaken(params string[] spellings)
    {
        foreach (var spelling in spellings)
            Assert.True(OptionParser.Parse([spelling]).NoProfile, spelling);
    }

    [Fact]
    public void Command_SeveralWords_AreJoined()
        => Assert.Equal("Get-VM | ft", OptionParser.Parse(["-nop", "-c", "Get-VM", "|", "ft"]).Command);

    [Fact]
    public void File_WordsAfterIt_AreItsArguments()
    {
        var options = OptionParser.Parse(["x.ps1", "-Name", "-c"]);
        Assert.Equal("x.ps1", options.File);
        Assert.Equal(["-Name", "-c"], options.FileArguments);
    }

    [Theory]
    [InlineData("-Frobnicate")]
    [InlineData("-Command")]
    [InlineData("-File")]
    [InlineData("-WorkingDirectory")]
    [InlineData("-EncodedCommand", "%")]
    public void Parse_WrongOption_Throws(params string[] words) => Assert.Throws<OptionException>(() => OptionParser.Parse(words));

    [Fact]
    public void EncodedCommand_Base64OfUtf16_IsDecoded()
        => Assert.Equal("Get-VM", OptionParser.Parse(["-ec", Convert.ToBase64String(System.Text.Encoding.Unicode.GetBytes("Get-VM"))]).Command);

    [Fact]
    public void Version_Asked_IsPrinted()
    {
        var result = ShellProcess.Run("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("Nestvisor 0.", result.Output, StringComparison.Ordinal);
        Assert.Contains("7.6", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_Asked_NamesEveryOption()
    {
        var result = ShellProcess.Run("--help");
        Assert.Equal(0, result.ExitCode);
        foreach (var option in new[] { "-Command", "-File", "-NoProfile", "-NonInteractive", "--version", "--help" })
            Assert.Contains(option, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownOption_Given_ExitsWithUsageError()
    {
        var result = ShellProcess.Run("--frobnicate");
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("--frobnicate", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }
}
