using System.Net.Sockets;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Tests;

/// <summary>Saving and restoring by workers as processes.</summary>
public sealed class SavedStateTests
{
    public static TheoryData<WorkerEngine, WorkerUser> Runs => RunningWorkerTests.Runs;

    [Theory]
    [MemberData(nameof(Runs))]
    public void Save_ThenRestoreTwice_TheGuestGoesOn(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = RunningWorkerTests.Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine);
        for (int round = 0; round < 3; round++)
        {
            using WorkerProcess process = RunningWorkerTests.Start(folder, user, configuration with { RestoreSavedState = round > 0 });
            using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
            control.Await(WorkerState.Running);
            Assert.False(File.Exists(configuration.SavedStateFile));

            // The guest counts what it has received: it goes on with the next number.
            Assert.Equal((char)('b' + round), Type(configuration));
            if (round == 1)
            {
                Assert.Null(control.Ask(WorkerMethod.Pause).Error);
            }

            WorkerResponse answer = control.Ask(WorkerMethod.Save);
            Assert.True(answer.Error is null, answer.Error?.Message);
            (int exitCode, _, string error) = process.Wait();
            Assert.True(exitCode == 0, error);
            Assert.Equal(WorkerExitReason.Saved, RunningWorkerTests.ReadStatus(configuration).Reason);
            Assert.True(File.Exists(configuration.SavedStateFile));
            Assert.False(File.Exists(configuration.SavedStateFile + WorkerConfiguration.InvalidStateEnding));

            // Of 64 MiB the guest has used a few pages.
            Assert.InRange(new FileInfo(configuration.SavedStateFile!).Length, 4096, 1 << 20);
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Restore_DamagedOrForeign_IsAnErrorAndLeavesTheFile(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = RunningWorkerTests.Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine);
        using (WorkerProcess process = RunningWorkerTests.Start(folder, user, configuration))
        {
            using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
            control.Await(WorkerState.Running);
            Assert.Null(control.Ask(WorkerMethod.Save).Error);
            process.Wait();
        }

        byte[] saved = File.ReadAllBytes(configuration.SavedStateFile!);
        byte[] changed = (byte[])saved.Clone();
        changed[^5000] ^= 1;
        WorkerConfiguration restore = configuration with { RestoreSavedState = true };
        foreach ((byte[] content, WorkerConfiguration how, string reason) in ((byte[], WorkerConfiguration, string)[])
            [
                (changed, restore, "damaged"),
                (saved[..^1], restore, "ends too early"),
                ("garbage"u8.ToArray(), restore, "not the saved state"),
                (saved, restore with { Id = Guid.NewGuid() }, "another machine"),
                (saved, restore with { MemoryBytes = 32 << 20 }, "bytes of memory"),
            ])
        {
            File.WriteAllBytes(configuration.SavedStateFile!, content);
            using WorkerProcess process = RunningWorkerTests.Start(folder, user, how);
            (int exitCode, _, string error) = process.Wait();
            Assert.Equal(78, exitCode);
            Assert.True(error.Contains(reason, StringComparison.Ordinal), error);
            Assert.Contains("Remove-VMSavedState", RunningWorkerTests.ReadStatus(configuration).Message, StringComparison.Ordinal);
            Assert.Equal(content, File.ReadAllBytes(configuration.SavedStateFile!));
        }
    }

    /// <summary>/dev/full says at each write that the disk is full.</summary>
    [Fact]
    public void Save_DiskFull_TheGuestGoesOn()
    {
        using TestFolder folder = RunningWorkerTests.Prepare(WorkerEngine.Software, WorkerUser.Caller);
        WorkerConfiguration configuration = Configure(folder, WorkerEngine.Software);
        File.CreateSymbolicLink(configuration.SavedStateFile + WorkerConfiguration.InvalidStateEnding, "/dev/full");
        using WorkerProcess process = RunningWorkerTests.Start(folder, WorkerUser.Caller, configuration);
        using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
        control.Await(WorkerState.Running);

        WorkerError? error = control.Ask(WorkerMethod.Save).Error;

        Assert.Equal(WorkerErrorCode.Failed, error?.Code);
        Assert.Contains("room", error!.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(configuration.SavedStateFile));
        Assert.Equal(WorkerState.Running, control.GetStatus().State);
        Assert.Equal('b', Type(configuration));
        control.Ask(WorkerMethod.Stop);
        Assert.Equal(0, process.Wait().ExitCode);
    }

    private static WorkerConfiguration Configure(TestFolder folder, WorkerEngine engine) =>
        RunningWorkerTests.Configure(folder, engine, TestKernel.Count) with { SavedStateFile = folder.File("saved-state") };

    private static char Type(WorkerConfiguration configuration)
    {
        using Socket console = ControlClient.ConnectSocket(configuration.ConsoleSocket!);
        console.Send("x"u8);
        return RunningWorkerTests.Receive(console, 1)[0];
    }
}
