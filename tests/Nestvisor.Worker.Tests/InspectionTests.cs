using System.Globalization;
using Nestvisor.Api.Worker;
using Nestvisor.Worker.Engines;

namespace Nestvisor.Worker.Tests;

/// <summary>Files about translated code, from a worker that has locked itself down where it can.</summary>
public sealed class InspectionTests
{
    [Fact]
    public void Boot_WithPerfMapAndDump_WritesBoth()
    {
        using TestFolder folder = new();
        string kernel = TestKernel.Write(folder.File("kernel"), a => TestKernel.Exit(a, 42));
        using WorkerProcess process = WorkerProcess.Start(
            "boot", "--kernel", kernel, "--memory", "64M", "--engine", "software", "--test-devices", "--perf-map",
            "--dump-translations", folder.File("dump"));
        string path = string.Create(CultureInfo.InvariantCulture, $"/tmp/perf-{process.Id}.map");
        try
        {
            (int exitCode, _, string error) = process.Wait();

            Assert.SkipWhen(error.Contains("FSGSBASE", StringComparison.Ordinal), "This host cannot run translated code.");
            Assert.True(exitCode == 42, error);
            Assert.Contains(" gateway exit\n", File.ReadAllText(path), StringComparison.Ordinal);
            Assert.StartsWith("; Translations of the software engine.", File.ReadAllText(folder.File("dump")), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Boot_WithPerfMapAndNoTranslation_SaysWhyNot()
    {
        using TestFolder folder = new();
        string kernel = TestKernel.Write(folder.File("kernel"), a => TestKernel.Exit(a, 42));

        (int exitCode, _, string error) = WorkerProcess.Run(
            "boot", "--kernel", kernel, "--memory", "64M", "--engine", "software", "--translate-after", "-1", "--perf-map");

        Assert.Equal(78, exitCode);
        Assert.Contains("Nothing is translated", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("all")]
    public void Boot_WithComparison_TellsHowMuchWasCompared(string code)
    {
        using TestFolder folder = new();
        string kernel = TestKernel.Write(folder.File("kernel"), a => TestKernel.Exit(a, 42));

        (int exitCode, _, string error) = WorkerProcess.Run(
            [
                "boot", "--kernel", kernel, "--memory", "64M", "--engine", "software", "--test-devices", "--translate-after", "0",
                "--compare-tiers", .. code.Length == 0 ? [] : (string[])[code],
            ]);

        Assert.SkipWhen(error.Contains("FSGSBASE", StringComparison.Ordinal), "This host cannot run translated code.");
        Assert.True(exitCode == 42, error);
        Assert.Matches("native code ran [0-9]+ times beside the interpreter, with [0-9]+ operations; 0 of these runs tell nothing", error);
    }

    [Fact]
    public void Boot_WithoutComparison_TellsNothing()
    {
        using TestFolder folder = new();
        string kernel = TestKernel.Write(folder.File("kernel"), a => TestKernel.Exit(a, 42));

        (int exitCode, _, string error) = WorkerProcess.Run("boot", "--kernel", kernel, "--memory", "64M", "--engine", "software", "--test-devices");

        Assert.Equal(42, exitCode);
        Assert.DoesNotContain("beside the interpreter", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(78, "There are no tiers to compare", "--translate-after", "-1", "--compare-tiers")]
    [InlineData(1, "compares all or nested, not 'some'", "--compare-tiers", "some")]
    public void Boot_ComparisonThatCannotBe_SaysWhy(int expected, string reason, params string[] options)
    {
        using TestFolder folder = new();
        string kernel = TestKernel.Write(folder.File("kernel"), a => TestKernel.Exit(a, 42));

        (int exitCode, _, string error) = WorkerProcess.Run(["boot", "--kernel", kernel, "--memory", "64M", "--engine", "software", .. options]);

        Assert.True(exitCode == expected, $"{exitCode}: {error}");
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Boot_DumpThatCannotBeOpened_NamesIt()
    {
        using TestFolder folder = new();
        string kernel = TestKernel.Write(folder.File("kernel"), a => TestKernel.Exit(a, 42));

        (int exitCode, _, string error) = WorkerProcess.Run(
            "boot", "--kernel", kernel, "--memory", "64M", "--engine", "software", "--dump-translations", folder.File("none/dump"));

        Assert.SkipWhen(error.Contains("FSGSBASE", StringComparison.Ordinal), "This host cannot run translated code.");
        Assert.Equal(78, exitCode);
        Assert.Contains("none/dump", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Engine_KvmWithPerfMap_IsRefused()
    {
        Assert.SkipUnless(EngineChoice.CheckHost().Engines.Any(each => each is { Engine: WorkerEngine.Kvm, Usable: true }), "KVM is not usable here.");

        Assert.Contains(
            "Choose the engine Software",
            Assert.Throws<EngineUnavailableException>(() => EngineChoice.Make(new WorkerConfiguration
            {
                Id = Guid.Empty,
                Name = "",
                MemoryBytes = 64 << 20,
                Kernel = "",
                ControlSocket = "",
                Engine = WorkerEngine.Kvm,
                PerfMap = true,
            })).Message,
            StringComparison.Ordinal);
    }
}
