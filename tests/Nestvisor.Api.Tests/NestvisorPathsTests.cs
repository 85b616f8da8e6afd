using Nestvisor.Api.Errors;

namespace Nestvisor.Api.Tests;

public sealed class NestvisorPathsTests
{
    [Theory]
    [InlineData(57, true)]
    [InlineData(58, false)]
    public void Create_RuntimeFolder_LeavesRoomForTheLongestSocket(int length, bool allowed)
    {
        string runtime = "/" + new string('r', length - 1);

        Exception? error = Record.Exception(() => NestvisorPaths.Create("/s", runtime));

        Assert.Equal(allowed, error is null);
        Assert.True(allowed || (error is ApiException && error.Message.Contains("NESTVISOR_RUNTIME", StringComparison.Ordinal)));
        // unix(7): sun_path holds 107 bytes and a zero.
        Assert.Equal(allowed, $"{runtime}/vms/{Guid.Empty:N}/console.sock".Length <= 107);
    }

    [Fact]
    public void Create_RelativePaths_BecomeAbsolute()
    {
        NestvisorPaths paths = NestvisorPaths.Create("state", "/r");

        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "state"), paths.State);
        Assert.Equal("/r/service.sock", paths.ServiceSocket);
    }
}
