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
