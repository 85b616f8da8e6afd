using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Tests;

public sealed class LifecycleTests
{
    private static CancellationToken Cancellation => TestService.Cancellation;

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Machine_StartedAndTurnedOff_GoesThroughTheStates(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();

        MachineInfo running = await service.StartMachineAsync();
        Assert.Equal(MachineState.Running, running.State);
        Assert.Equal(WorkerEngine.Software, running.RunningEngine);
        Assert.Equal(512L << 20, running.MemoryAssigned);
        Assert.Equal(61_000, running.UptimeMilliseconds);
        Guid id = running.Configuration.Id;

        MachineInfo paused = await service.Client.OperateAsync(id, MachineOperation.Pause, Cancellation);
        Assert.Equal(MachineState.Paused, paused.State);
        MachineInfo resumed = await service.Client.OperateAsync(id, MachineOperation.Start, Cancellation);
        Assert.Equal(MachineState.Running, resumed.State);

        MachineInfo off = await service.Client.OperateAsync(id, MachineOperation.Stop, Cancellation);
        Assert.Equal(MachineState.Off, off.State);
        Assert.Equal("Operating normally", off.Status);
        Assert.Null(off.ProcessId);
        Assert.Equal(42, (await service.Client.GetStatisticsAsync(id, Cancellation))["vmrunCount"]);
        Assert.Empty(Directory.GetDirectories(Path.Combine(service.Paths.Runtime, "vms")));
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Service_Killed_LeavesTheMachineRunningAndTheNextFindsIt(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo before = await service.StartMachineAsync();

        service.Kill();
        Assert.True(TestService.IsAlive(before.ProcessId!.Value));
        service.Start();

        MachineInfo after = await service.Client.GetMachineAsync(before.Configuration.Id, Cancellation);
        Assert.Equal(MachineState.Running, after.State);
        Assert.Equal(before.ProcessId, after.ProcessId);
        MachineInfo off = await service.Client.OperateAsync(after.Configuration.Id, MachineOperation.Stop, Cancellation);
        Assert.Equal(MachineState.Off, off.State);
        Assert.False(TestService.IsAlive(before.ProcessId.Value));
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Machine_EndedWhileThereWasNoService_IsOffWithTheReason(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo running = await service.StartMachineAsync();

        service.Kill();
        Type(running, "poweroff");
        TestService.Until(() => !TestService.IsAlive(running.ProcessId!.Value), "the worker has ended");
        service.Start();

        MachineInfo off = await service.Client.GetMachineAsync(running.Configuration.Id, Cancellation);
        Assert.Equal(MachineState.Off, off.State);
        Assert.Equal("The guest shut down", off.Status);
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Worker_Killed_LeavesTheMachineOffAndStartable(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo running = await service.StartMachineAsync();

        using (Process worker = Process.GetProcessById(running.ProcessId!.Value))
        {
            worker.Kill();
        }

        MachineInfo off = await service.WaitUntilOffAsync(running.Configuration.Id);
        Assert.Equal(MachineState.Off, off.State);
        Assert.StartsWith("The worker died", off.Status, StringComparison.Ordinal);
        MachineInfo again = await service.Client.OperateAsync(running.Configuration.Id, MachineOperation.Start, Cancellation);
        Assert.Equal(MachineState.Running, again.State);
    }

    [Theory]
    [InlineData("poweroff", "The guest shut down", ServiceUser.Caller)]
    [InlineData("triplefault", "The guest's processor met a triple fault", ServiceUser.Unprivileged)]
    public async Task Guest_EndsItself_MachineIsOffWithTheReason(string line, string status, ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo running = await service.StartMachineAsync();

        Type(running, line);

        MachineInfo off = await service.WaitUntilOffAsync(running.Configuration.Id);
        Assert.Equal(MachineState.Off, off.State);
        Assert.Equal(status, off.Status);
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Worker_Stuck_IsKilledByTurningOff(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo running = await service.StartMachineAsync(commandLine: "fake.stuck");

        MachineInfo off = await service.Client.OperateAsync(running.Configuration.Id, MachineOperation.Stop, Cancellation);

        Assert.Equal(MachineState.Off, off.State);
        Assert.False(TestService.IsAlive(running.ProcessId!.Value));
    }

    [Theory]
    [InlineData("fake.fail=The_kernel_is_made_of_cheese.", "The kernel is made of cheese.", ServiceUser.Caller)]
    [InlineData("fake.crash", "fake worker: crashing as told", ServiceUser.Unprivileged)]
    public async Task Start_WorkerFails_TellsWhyAndLeavesNothingBehind(string commandLine, string reason, ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo machine = await service.CreateAsync(commandLine: commandLine);

        ApiException error = await Assert.ThrowsAsync<ApiException>(
            () => service.Client.OperateAsync(machine.Configuration.Id, MachineOperation.Start, Cancellation));

        Assert.Equal(ApiErrorCode.OperationFailed, error.Error.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(MachineState.Off, (await service.Client.GetMachineAsync(machine.Configuration.Id, Cancellation)).State);
        Assert.Empty(Directory.GetDirectories(Path.Combine(service.Paths.Runtime, "vms")));
    }

    [Fact]
    public async Task Start_GuestDoneAtOnce_IsNoFailure()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();

        MachineInfo off = await service.StartMachineAsync(commandLine: "fake.done");

        Assert.Equal(MachineState.Off, off.State);
        Assert.Equal("The guest shut down", off.Status);
    }

    [Theory]
    [InlineData(ServiceUser.Caller)]
    [InlineData(ServiceUser.Unprivileged)]
    public async Task Worker_OfARunningMachine_KeepsNothingOfItsStarter(ServiceUser user)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo running = await service.StartMachineAsync();

        string[] stat = File.ReadAllText($"/proc/{running.ProcessId}/stat").Split(' ');

        // proc(5): the sixth field is the session, which is the process's own.
        Assert.Equal($"{running.ProcessId}", stat[5]);
        Assert.Equal("/dev/null", new FileInfo($"/proc/{running.ProcessId}/fd/0").ResolveLinkTarget(true)!.FullName);
    }

    private static void Type(MachineInfo machine, string line)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(machine.ConsoleSocket!));
        _ = socket.Send(Encoding.ASCII.GetBytes(line + "\r"));
    }
}
