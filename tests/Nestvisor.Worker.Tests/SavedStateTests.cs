using System.Net.Sockets;
using System.Text.Json;
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

    [Theory]
    [MemberData(nameof(Runs))]
    public void Capture_PausedMachine_ItAndItsCopyGoOn(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = RunningWorkerTests.Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine);
        string captured = configuration.SavedStateFile + WorkerConfiguration.InvalidStateEnding;
        WorkerConfiguration copy = configuration with { Id = Guid.NewGuid(), RestoreSavedState = true };
        using (WorkerProcess process = RunningWorkerTests.Start(folder, user, configuration))
        {
            using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
            control.Await(WorkerState.Running);
            Assert.Equal('b', Type(configuration));
            Assert.Equal(WorkerErrorCode.InvalidState, control.Ask(WorkerMethod.Capture).Error?.Code);
            Assert.Equal(WorkerErrorCode.InvalidState, control.Ask(WorkerMethod.FlushDisks).Error?.Code);

            // The second is shorter or longer than the first, and must not be mixed with it.
            for (int round = 0; round < 2; round++)
            {
                foreach (string method in (ReadOnlySpan<string>)[WorkerMethod.Pause, WorkerMethod.FlushDisks, WorkerMethod.Capture])
                {
                    Assert.Null(control.Ask(method).Error);
                }

                byte[] state = File.ReadAllBytes(captured);
                Assert.Equal(WorkerState.Paused, control.GetStatus().State);
                Assert.False(File.Exists(configuration.SavedStateFile));
                Assert.Null(control.Ask(WorkerMethod.Resume).Error);
                Assert.Equal((char)('c' + round), Type(configuration));
                if (round == 0)
                {
                    Assert.Null(control.Ask(WorkerMethod.Release).Error);
                    Assert.Equal(0, new FileInfo(captured).Length);
                }

                File.WriteAllBytes(configuration.SavedStateFile + ".copy", [.. SavedStateHeader.Of(copy.Id), .. state.AsSpan(SavedStateHeader.Length)]);
            }

            control.Ask(WorkerMethod.Stop);
            Assert.Equal(0, process.Wait().ExitCode);
        }

        // The copy was taken before the last number. The worker may be another user than this test.
        File.SetUnixFileMode(configuration.SavedStateFile + ".copy", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        File.Move(configuration.SavedStateFile + ".copy", configuration.SavedStateFile!);
        Assert.Empty(Judge(folder, user, copy));
        using (WorkerProcess process = RunningWorkerTests.Start(folder, user, copy))
        {
            using ControlClient control = ControlClient.Connect(copy.ControlSocket);
            control.Await(WorkerState.Running);
            Assert.Equal('d', Type(copy));
            control.Ask(WorkerMethod.Stop);
            Assert.Equal(0, process.Wait().ExitCode);
        }
    }

    [Fact]
    public void Judge_MachineThatCannotRunHere_SaysWhy()
    {
        using TestFolder folder = RunningWorkerTests.Prepare(WorkerEngine.Software, WorkerUser.Caller);
        WorkerConfiguration configuration = Configure(folder, WorkerEngine.Software);
        using (WorkerProcess process = RunningWorkerTests.Start(folder, WorkerUser.Caller, configuration))
        {
            using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
            control.Await(WorkerState.Running);
            Assert.Null(control.Ask(WorkerMethod.Save).Error);
            process.Wait();
        }

        WorkerConfiguration restore = configuration with { RestoreSavedState = true };
        Assert.Empty(Judge(folder, WorkerUser.Caller, restore));
        foreach ((WorkerConfiguration how, WorkerObstacleKind kind, string reason) in ((WorkerConfiguration, WorkerObstacleKind, string)[])
            [
                (restore with { Id = Guid.NewGuid() }, WorkerObstacleKind.SavedState, "another machine"),
                (restore with { MemoryBytes = 32 << 20 }, WorkerObstacleKind.SavedState, "bytes of memory"),
                (restore with { ProcessorCount = 2 }, WorkerObstacleKind.SavedState, "processors"),
                (restore with { MaskedCpuFeatures = ["sse4_2"] }, WorkerObstacleKind.SavedState, "processor profile"),
                (restore with { SavedStateFile = folder.File("kernel") }, WorkerObstacleKind.SavedState, "another version"),
                (restore with { SavedStateFile = folder.File("nowhere") }, WorkerObstacleKind.SavedState, "nowhere"),
                (configuration with { MaskedCpuFeatures = ["nonsense"] }, WorkerObstacleKind.Configuration, "nonsense"),
                (configuration with { MemoryBytes = 5 }, WorkerObstacleKind.Configuration, "5 bytes"),
            ])
        {
            WorkerObstacle obstacle = Assert.Single(Judge(folder, WorkerUser.Caller, how));
            Assert.Equal(kind, obstacle.Kind);
            Assert.Contains(reason, obstacle.Message, StringComparison.Ordinal);
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

    private static IReadOnlyList<WorkerObstacle> Judge(TestFolder folder, WorkerUser user, WorkerConfiguration configuration)
    {
        string path = folder.File("judge.json");
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(configuration, WorkerJsonContext.Default.WorkerConfiguration));
        (int code, string output, string error) = WorkerProcess.RunAs(user, "judge", "--config", path);
        IReadOnlyList<WorkerObstacle>? obstacles = JsonSerializer.Deserialize(output, WorkerJsonContext.Default.IReadOnlyListWorkerObstacle);
        Assert.True(obstacles is not null && (code == 0) == (obstacles.Count == 0), error);
        return obstacles;
    }

    private static char Type(WorkerConfiguration configuration)
    {
        using Socket console = ControlClient.ConnectSocket(configuration.ConsoleSocket!);
        console.Send("x"u8);
        return RunningWorkerTests.Receive(console, 1)[0];
    }
}
