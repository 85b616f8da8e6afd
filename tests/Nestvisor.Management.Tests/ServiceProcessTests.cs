using System.Diagnostics;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Tests;

public sealed class ServiceProcessTests
{
    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Run_SecondService_EndsAndLeavesTheFirstAlone(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();

        using Process second = service.Launch("run");
        await second.WaitForExitAsync(TestService.Cancellation);

        Assert.Equal(3, second.ExitCode);
        Assert.Equal(service.Process.Id, (await service.Client.GetHostAsync(TestService.Cancellation)).ProcessId);
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Run_AfterSigkill_TakesTheStaleSocketsPlace(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        service.Kill();
        Assert.True(File.Exists(service.Paths.ServiceSocket));

        service.Start();

        Assert.Equal(service.Process.Id, (await service.Client.GetHostAsync(TestService.Cancellation)).ProcessId);
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Run_Idle_EndsAndTakesItsSocketAway(ServiceUser user)
    {
        await using TestService service = new(user);

        using Process process = service.Launch("run", "--idle-timeout", "0.2");
        await process.WaitForExitAsync(TestService.Cancellation);

        Assert.Equal(0, process.ExitCode);
        Assert.False(File.Exists(service.Paths.ServiceSocket));
    }

    [Fact]
    public async Task Run_MachineRunning_IsNotIdleUntilItIsOff()
    {
        await using TestService service = new(ServiceUser.Caller);
        service.Start(idleSeconds: 1);
        MachineInfo running = await service.StartMachineAsync();

        // A question that waits longer than the idle time counts as use; the point is that the machine keeps the service after it.
        MachineInfo still = await service.Client.WaitForStateAsync(running.Configuration.Id, MachineState.Off, TimeSpan.FromSeconds(2), TestService.Cancellation);
        Assert.Equal(MachineState.Running, still.State);
        Assert.False(service.Process.HasExited);
        _ = await service.Client.OperateAsync(running.Configuration.Id, MachineOperation.Stop, TestService.Cancellation);

        await service.Process.WaitForExitAsync(TestService.Cancellation);
        Assert.Equal(0, service.Process.ExitCode);
    }

    [Fact]
    public async Task Start_InACommandSubstitution_DoesNotKeepItsPipe()
    {
        await using TestService service = new(ServiceUser.Caller);

        // Standard output, and descriptor 7 as a careless script leaves it, are a pipe whose end the reader waits for.
        string output = TestService.Run(
            "sh", "-c", $"'{TestService.ServiceProgram}' start --idle-timeout 1 --state '{service.Paths.State}' --runtime '{service.Paths.Runtime}' 7>&1; echo started");

        Assert.Equal("started\n", output);
        Assert.True((await service.Client.GetHostAsync(TestService.Cancellation)).ProcessId > 0);
        TestService.Until(() => !File.Exists(service.Paths.ServiceSocket), "the idle service has ended");
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("run --idle-timeout soon")]
    [InlineData("run --state")]
    [InlineData("run run")]
    public void Arguments_Wrong_ExitWithUsage(string arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(TestService.ServiceProgram, arguments.Split(' ')) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(64, process.ExitCode);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_Asked_IsPrinted() => Assert.StartsWith("nestvisor-service 0.", TestService.Run(TestService.ServiceProgram, "--version"), StringComparison.Ordinal);

    [Fact]
    public async Task Socket_ForeignUser_IsTurnedAway()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can become another user to try it.");
        await using TestService service = new(ServiceUser.Caller);
        service.Start();
        Assert.NotEqual("0", Ask(service, "0"));

        // Even if the folder's and the socket's modes let everybody in.
        File.SetUnixFileMode(service.Folder, (UnixFileMode)0x1FF);
        File.SetUnixFileMode(service.Paths.Runtime, (UnixFileMode)0x1FF);
        File.SetUnixFileMode(service.Paths.ServiceSocket, (UnixFileMode)0x1FF);
        Assert.Equal("0", Ask(service, "65534"));
    }

    [Fact]
    public async Task Runtime_FolderOfAnotherUser_IsRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can prepare another user's folder.");
        await using TestService service = new(ServiceUser.Unprivileged);
        _ = Directory.CreateDirectory(service.Paths.Runtime);

        using Process process = service.Launch("run");
        string error = await process.StandardError.ReadToEndAsync(TestService.Cancellation);
        await process.WaitForExitAsync(TestService.Cancellation);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("belongs to another user", error, StringComparison.Ordinal);
    }

    private static string Ask(TestService service, string user) => TestService.Run(
        "setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", TestService.FakeWorker, "ask", service.Paths.ServiceSocket).Trim();
}
