using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Tests;

public sealed class SavedStateTests
{
    private static CancellationToken Cancellation => TestService.Cancellation;

    [Theory]
    [InlineData(ServiceUser.Caller, false)]
    [InlineData(ServiceUser.Unprivileged, true)]
    public async Task Save_ThenStart_GoesOnAndTheStateIsGone(ServiceUser user, bool paused)
    {
        await using TestService service = new(user);
        service.Start();
        MachineInfo running = await service.StartMachineAsync();
        Guid id = running.Configuration.Id;
        if (paused)
        {
            _ = await service.Client.OperateAsync(id, MachineOperation.Pause, Cancellation);
        }

        MachineInfo saved = await service.Client.OperateAsync(id, MachineOperation.Save, Cancellation);

        Assert.Equal(MachineState.Saved, saved.State);
        Assert.Equal("Operating normally", saved.Status);
        Assert.Null(saved.ProcessId);
        Assert.Equal(0, saved.MemoryAssigned);
        Assert.False(TestService.IsAlive(running.ProcessId!.Value));
        Assert.Equal(["saved-state"], StatesOf(saved));

        MachineInfo again = await service.Client.OperateAsync(id, MachineOperation.Start, Cancellation);

        Assert.Equal(MachineState.Running, again.State);
        Assert.Equal(["saved-state.new"], StatesOf(again));
        Assert.EndsWith("fake guest: booted\r\nfake guest: goes on\r\n", File.ReadAllText(again.ConsoleLog), StringComparison.Ordinal);
        MachineInfo off = await service.Client.OperateAsync(id, MachineOperation.Stop, Cancellation);
        Assert.Equal(MachineState.Off, off.State);
        Assert.Empty(StatesOf(off));
    }

    [Fact]
    public async Task Service_Killed_TheNextKnowsTheSavedMachine()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        MachineInfo saved = await SaveMachineAsync(service);

        service.Kill();
        service.Start();

        MachineInfo after = await service.Client.GetMachineAsync(saved.Configuration.Id, Cancellation);
        Assert.Equal(MachineState.Saved, after.State);
        Assert.Equal(MachineState.Running, (await service.Client.OperateAsync(saved.Configuration.Id, MachineOperation.Start, Cancellation)).State);
    }

    [Fact]
    public async Task Save_Fails_TheMachineGoesOn()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        MachineInfo running = await service.StartMachineAsync(commandLine: "fake.unsavable");

        ApiException error = await FailAsync(service, running, MachineOperation.Save);

        Assert.Equal(ApiErrorCode.OperationFailed, error.Error.Code);
        Assert.Contains("The disk is full.", error.Message, StringComparison.Ordinal);
        MachineInfo after = await service.Client.GetMachineAsync(running.Configuration.Id, Cancellation);
        Assert.Equal(MachineState.Running, after.State);
        Assert.Equal(running.ProcessId, after.ProcessId);
    }

    [Fact]
    public async Task Save_WorkerDies_TheMachineIsOffWithoutAState()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        MachineInfo running = await service.StartMachineAsync(commandLine: "fake.diesaving");

        ApiException error = await FailAsync(service, running, MachineOperation.Save);

        Assert.Equal(ApiErrorCode.InvalidState, error.Error.Code);
        MachineInfo off = await service.Client.GetMachineAsync(running.Configuration.Id, Cancellation);
        Assert.Equal(MachineState.Off, off.State);
        Assert.Empty(StatesOf(off));
    }

    [Fact]
    public async Task Start_DamagedState_IsAnErrorAndChangesNothing()
    {
        await using TestService service = new(ServiceUser.Caller);
        service.Start();
        MachineInfo saved = await SaveMachineAsync(service);
        string file = Path.Combine(saved.ConfigurationLocation, "saved-state");
        File.WriteAllText(file, "rubbish");

        ApiException error = await FailAsync(service, saved, MachineOperation.Start);

        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
        Assert.Equal(MachineState.Saved, (await service.Client.GetMachineAsync(saved.Configuration.Id, Cancellation)).State);
        Assert.Equal("rubbish", File.ReadAllText(file));
        Assert.Contains("booted", File.ReadAllText(saved.ConsoleLog), StringComparison.Ordinal);

        MachineInfo off = await service.Client.OperateAsync(saved.Configuration.Id, MachineOperation.Discard, Cancellation);
        Assert.Equal(MachineState.Off, off.State);
        Assert.Empty(StatesOf(off));
        Assert.Equal(MachineState.Running, (await service.Client.OperateAsync(saved.Configuration.Id, MachineOperation.Start, Cancellation)).State);
    }

    [Fact]
    public async Task SavedMachine_SettingsAndOperations_AreThoseOfHyperV()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        MachineInfo saved = await SaveMachineAsync(service);
        Guid id = saved.Configuration.Id;

        foreach (ChangeMachineRequest change in (ChangeMachineRequest[])
            [new() { ProcessorCount = 2 }, new() { MemoryStartupBytes = 1L << 30 }, new() { ExposeVirtualizationExtensions = true }, new() { KernelCommandLine = "x" }])
        {
            ApiException error = await Assert.ThrowsAsync<ApiException>(() => service.Client.ChangeMachineAsync(id, change, Cancellation));
            Assert.Equal(ApiErrorCode.InvalidState, error.Error.Code);
            Assert.Contains("Remove-VMSavedState", error.Message, StringComparison.Ordinal);
        }

        foreach (MachineOperation operation in (MachineOperation[])
            [MachineOperation.Save, MachineOperation.Stop, MachineOperation.Shutdown, MachineOperation.Pause, MachineOperation.Resume, MachineOperation.Reset])
        {
            ApiException error = await FailAsync(service, saved, operation);
            Assert.Equal(ApiErrorCode.InvalidState, error.Error.Code);
            Assert.Contains("(Saved)", error.Message, StringComparison.Ordinal);
        }

        MachineInfo renamed = await service.Client.ChangeMachineAsync(id, new ChangeMachineRequest { Name = "other" }, Cancellation);
        Assert.Equal(MachineState.Saved, renamed.State);
        await service.Client.RemoveMachineAsync(id, Cancellation);
        Assert.False(Directory.Exists(saved.ConfigurationLocation));
    }

    [Theory]
    [InlineData(MachineOperation.Save)]
    [InlineData(MachineOperation.Discard)]
    public async Task OffMachine_HasNothingToSaveOrRemove(MachineOperation operation)
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();

        ApiException error = await FailAsync(service, await service.CreateAsync(), operation);

        Assert.Equal(ApiErrorCode.InvalidState, error.Error.Code);
        Assert.Contains("(Off)", error.Message, StringComparison.Ordinal);
    }

    private static async Task<MachineInfo> SaveMachineAsync(TestService service)
    {
        MachineInfo running = await service.StartMachineAsync();
        return await service.Client.OperateAsync(running.Configuration.Id, MachineOperation.Save, Cancellation);
    }

    private static Task<ApiException> FailAsync(TestService service, MachineInfo machine, MachineOperation operation) =>
        Assert.ThrowsAsync<ApiException>(() => service.Client.OperateAsync(machine.Configuration.Id, operation, Cancellation));

    private static IEnumerable<string?> StatesOf(MachineInfo machine) =>
        Directory.GetFiles(machine.ConfigurationLocation, "saved-state*").Select(Path.GetFileName);
}
