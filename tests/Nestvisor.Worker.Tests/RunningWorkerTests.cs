using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Iced.Intel;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Tests;

/// <summary>Workers as processes, with small guests: on both engines where KVM can be used, and with the software engine also unprivileged.</summary>
public sealed class RunningWorkerTests
{
    public static TheoryData<WorkerEngine, WorkerUser> Runs => new()
    {
        { WorkerEngine.Software, WorkerUser.Caller },
        { WorkerEngine.Software, WorkerUser.Unprivileged },
        { WorkerEngine.Kvm, WorkerUser.Caller },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Boot_GuestPrintsAndExits_OutputAndExitCode(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        string kernel = TestKernel.Write(folder.File("kernel"), a =>
        {
            TestKernel.Print(a, "hello\n");
            TestKernel.Exit(a, 42);
        });

        (int exitCode, string output, string error) = WorkerProcess.RunAs(
            user, "boot", "--kernel", kernel, "--memory", "64M", "--engine", engine.ToString(), "--test-devices");

        Assert.Equal("hello\n", output);
        Assert.True(exitCode == 42, error);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Boot_TripleFault_SaysSo(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        string kernel = TestKernel.Write(folder.File("kernel"), a =>
        {
            a.lidt(AssemblerRegisters.__[0x10_0000 - 16]);
            a.ud2();
        });

        (int exitCode, _, string error) = WorkerProcess.RunAs(user, "boot", "--kernel", kernel, "--memory", "64M", "--engine", engine.ToString());

        Assert.Equal(71, exitCode);
        Assert.Contains("TripleFault", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Boot_NoKernel_NamesFileAndRemedy()
    {
        using TestFolder folder = new();
        File.WriteAllText(folder.File("text"), "no kernel at all");

        (int exitCode, _, string error) = WorkerProcess.Run("boot", "--kernel", folder.File("text"), "--memory", "64M", "--engine", "software");

        Assert.Equal(78, exitCode);
        Assert.Contains(folder.File("text"), error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Run_WholeLife_IsControlledThroughSockets(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, TestKernel.Echo);
        using WorkerProcess process = Start(folder, user, configuration);
        using ControlClient control = ControlClient.Connect(configuration.ControlSocket);

        WorkerStatus status = control.Await(WorkerState.Running);
        Assert.Equal(configuration.Id, status.Id);
        Assert.Equal(engine, status.Engine);
        Assert.Equal(configuration.MemoryBytes, status.MemoryBytes);
        Assert.Equal(process.Id, status.ProcessId);
        Assert.True(status.ResidentBytes > 0);

        Assert.Null(control.Ask(WorkerMethod.Pause).Error);
        Assert.Equal(WorkerState.Paused, control.GetStatus().State);
        Assert.Equal(WorkerErrorCode.InvalidState, control.Ask(WorkerMethod.Pause).Error?.Code);
        Assert.Equal(WorkerErrorCode.InvalidState, control.Ask(WorkerMethod.Shutdown).Error?.Code);
        Assert.Null(control.Ask(WorkerMethod.Resume).Error);
        Assert.Null(control.Ask(WorkerMethod.Shutdown).Error);
        Assert.Null(control.Ask(WorkerMethod.Reset).Error);

        IReadOnlyDictionary<string, long> counters = control.Ask(WorkerMethod.Statistics).Result!.Value
            .Deserialize(WorkerJsonContext.Default.IReadOnlyDictionaryStringInt64)!;
        Assert.Equal(0, counters["vmrun"]);
        Assert.Equal(1, counters["resets"]);

        Assert.Equal(WorkerErrorCode.UnknownMethod, control.Ask("dance").Error?.Code);
        Assert.Equal(WorkerErrorCode.InvalidRequest, control.AskRaw("no json").Error?.Code);
        Assert.Equal(WorkerErrorCode.InvalidRequest, control.AskRaw("""{"id":1,"method":"status","more":1}""").Error?.Code);

        using ControlClient waiter = ControlClient.Connect(configuration.ControlSocket);
        Task<WorkerResponse> wait = Task.Run(() => waiter.Ask(WorkerMethod.Wait), TestContext.Current.CancellationToken);
        Assert.Null(control.Ask(WorkerMethod.Stop).Error);

        WorkerExit exit = (await wait).Result!.Value.Deserialize(WorkerJsonContext.Default.WorkerExit)!;
        Assert.Equal(WorkerExitReason.TurnedOff, exit.Reason);
        Assert.Equal(0, process.Wait().ExitCode);
        Assert.Equal(WorkerExitReason.TurnedOff, ReadStatus(configuration).Reason);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_TwoConsoles_BothSeeTheGuestAndBothMayType(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, TestKernel.Echo);
        using WorkerProcess process = Start(folder, user, configuration);
        using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
        control.Await(WorkerState.Running);
        using Socket first = ControlClient.ConnectSocket(configuration.ConsoleSocket!);
        using Socket second = ControlClient.ConnectSocket(configuration.ConsoleSocket!);

        // Each byte that the second sees back proves that it is attached.
        second.Send("x"u8);
        Assert.Equal("x", Receive(second, 1));
        first.Send("abc"u8);
        string seen = Receive(first, 3);
        Assert.Equal("abc", seen.StartsWith('x') ? seen[1..] + Receive(first, 1) : seen);
        Assert.Equal("abc", Receive(second, 3));
        first.Dispose();
        second.Send("d"u8);
        Assert.Equal("d", Receive(second, 1));

        control.Ask(WorkerMethod.Stop);
        process.Wait();
        Assert.Equal("xabcd", File.ReadAllText(configuration.ConsoleLog!));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_SecondSerialPort_CarriesItsOwnBytes(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, a =>
        {
            TestKernel.Print(a, "on the first");
            TestKernel.Echo(a, 0x2F8);
        }) with
        { SecondSerialSocket = folder.File("second") };
        using WorkerProcess process = Start(folder, user, configuration);
        using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
        control.Await(WorkerState.Running);
        using Socket second = ControlClient.ConnectSocket(configuration.SecondSerialSocket!);
        second.Send("on the second"u8);

        Assert.Equal("on the second", Receive(second, "on the second".Length));
        control.Ask(WorkerMethod.Stop);
        process.Wait();
        Assert.Equal("on the first", File.ReadAllText(configuration.ConsoleLog!));
        Assert.Equal(0, second.Receive(new byte[1]));
    }

    /// <summary>A job-control stop, a debugger and a suspended host do this; waits with a timeout are then restarted by a call of their own.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_StoppedAndContinued_GoesOn(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, TestKernel.Echo);
        using WorkerProcess process = Start(folder, user, configuration);
        using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
        control.Await(WorkerState.Running);
        using Socket console = ControlClient.ConnectSocket(configuration.ConsoleSocket!);
        for (int i = 0; i < 20; i++)
        {
            process.StopAndContinue();
            console.Send("x"u8);
            Assert.Equal("x", Receive(console, 1));
        }

        Assert.Null(control.Ask(WorkerMethod.Stop).Error);
        (int exitCode, _, string error) = process.Wait();
        Assert.True(exitCode == 0, error);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_TestExit_IsInStatusFileAndExitCode(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, a => TestKernel.Exit(a, 7));
        using WorkerProcess process = Start(folder, user, configuration);

        Assert.Equal(7, process.Wait().ExitCode);

        WorkerExit exit = ReadStatus(configuration);
        Assert.Equal(WorkerExitReason.TestExit, exit.Reason);
        Assert.Equal(7, exit.TestExitCode);
        Assert.Equal(engine, exit.Engine);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_MissingDisk_StatusFileNamesIt(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, TestKernel.Spin) with { Disks = [new WorkerDisk { Path = folder.File("absent.raw") }] };
        using WorkerProcess process = Start(folder, user, configuration);

        (int exitCode, _, string error) = process.Wait();

        Assert.Equal(78, exitCode);
        Assert.Contains("absent.raw", error, StringComparison.Ordinal);
        WorkerExit exit = ReadStatus(configuration);
        Assert.Equal(WorkerExitReason.StartFailed, exit.Reason);
        Assert.Contains("absent.raw", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_UnknownField_IsRefused()
    {
        using TestFolder folder = new();
        File.WriteAllText(folder.File("config"), """{"id":"7b9b5c6e-0a5d-4a5e-9a69-d1a1d1f5a001","name":"x","memoryBytes":67108864,"kernel":"/k","controlSocket":"/c","colour":1}""");

        (int exitCode, _, string error) = WorkerProcess.Run("run", "--config", folder.File("config"));

        Assert.Equal(78, exitCode);
        Assert.Contains("colour", error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Run_Killed_NextRunTakesOverTheSocket(WorkerEngine engine, WorkerUser user)
    {
        using TestFolder folder = Prepare(engine, user);
        WorkerConfiguration configuration = Configure(folder, engine, TestKernel.Spin);
        using (WorkerProcess process = Start(folder, user, configuration))
        {
            using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
            control.Await(WorkerState.Running);
            process.Kill();
            process.Wait();
        }

        Assert.False(File.Exists(configuration.StatusFile));
        using WorkerProcess second = Start(folder, user, configuration);
        using ControlClient again = ControlClient.Connect(configuration.ControlSocket);
        again.Await(WorkerState.Running);
        again.Ask(WorkerMethod.Stop);
        Assert.Equal(0, second.Wait().ExitCode);
    }

    internal static TestFolder Prepare(WorkerEngine engine, WorkerUser user)
    {
        WorkerEngineCheck check = Engines.EngineChoice.CheckHost().Engines.Single(each => each.Engine == engine);
        Assert.SkipUnless(check.Usable, $"The engine {engine} cannot be used here: {string.Join(' ', check.Reasons)}");
        TestFolder folder = new();
        folder.Open(user);
        return folder;
    }

    internal static WorkerConfiguration Configure(TestFolder folder, WorkerEngine engine, Action<Assembler> program) => new()
    {
        Id = Guid.NewGuid(),
        Name = "test",
        Engine = engine,
        MemoryBytes = 64 << 20,
        Kernel = TestKernel.Write(folder.File("kernel"), program),
        TestDevices = true,
        ControlSocket = folder.File("control"),
        ConsoleSocket = folder.File("console"),
        ConsoleLog = folder.File("console.log"),
        StatusFile = folder.File("status"),
    };

    internal static WorkerProcess Start(TestFolder folder, WorkerUser user, WorkerConfiguration configuration)
    {
        string path = folder.File("worker.json");
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(configuration, WorkerJsonContext.Default.WorkerConfiguration));
        return WorkerProcess.StartAs(user, "run", "--config", path);
    }

    internal static WorkerExit ReadStatus(WorkerConfiguration configuration) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(configuration.StatusFile!), WorkerJsonContext.Default.WorkerExit)!;

    internal static string Receive(Socket socket, int count)
    {
        byte[] buffer = new byte[count];
        for (int received = 0; received < count;)
        {
            int now = socket.Receive(buffer.AsSpan(received));
            Assert.NotEqual(0, now);
            received += now;
        }

        return Encoding.ASCII.GetString(buffer);
    }
}
