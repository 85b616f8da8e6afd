using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Nestvisor.Api.Tests;

public sealed class ProgramLocatorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;
    private readonly string _start = ProgramLocator.StartFolder;

    public ProgramLocatorTests()
    {
        Environment.SetEnvironmentVariable("NESTVISOR_WORKER", null);
        ProgramLocator.StartFolder = Directory.CreateDirectory(Path.Combine(_folder, "a", "Modules", "Hyper-V")).FullName;
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("NESTVISOR_WORKER", null);
        ProgramLocator.StartFolder = _start;
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("a/nestvisor-worker")]
    [InlineData("nestvisor-worker")]
    [InlineData("artifacts/nestvisor/nestvisor-worker")]
    public void Find_InAFolderAbove_IsFound(string place)
    {
        string program = Path.Combine(_folder, place);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.WriteAllText(program, "");

        Assert.Equal(program, ProgramLocator.Find(ProgramLocator.Worker));
    }

    [Fact]
    public void Find_VariableNamesNoFile_SaysSo()
    {
        Environment.SetEnvironmentVariable("NESTVISOR_WORKER", "/nowhere/worker");

        ApiException error = Assert.Throws<ApiException>(() => ProgramLocator.Find(ProgramLocator.Worker));

        Assert.Equal(ApiErrorCode.ServiceUnavailable, error.Error.Code);
        Assert.Contains("/nowhere/worker", error.Message, StringComparison.Ordinal);
    }
}
