using System.Net.Sockets;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Tests;

/// <summary>A worker whose network adapter has a passt; the test listens in its place.</summary>
public sealed class PasstAdapterTests
{
    private const string Mac = "00:15:5d:00:00:01";

    [Theory]
    [InlineData(WorkerUser.Caller)]
    [InlineData(WorkerUser.Unprivileged)]
    public void Run_PasstThatEnds_TakesTheCableOutAndTheMachineGoesOn(WorkerUser user)
    {
        using TestFolder folder = RunningWorkerTests.Prepare(WorkerEngine.Software, user);
        string path = folder.File("passt");
        using Socket listener = Listen(path);
        WorkerConfiguration configuration = Configure(folder, path);
        using WorkerProcess process = RunningWorkerTests.Start(folder, user, configuration);
        Socket passt = listener.Accept();
        using ControlClient control = ControlClient.Connect(configuration.ControlSocket);
        _ = control.Await(WorkerState.Running);
        Check(control, connected: true, ended: false);

        Assert.Null(control.AskRaw(Change(configuration, connected: false)).Error);
        Check(control, connected: false, ended: false);
        Assert.Null(control.AskRaw(Change(configuration, connected: true)).Error);
        Check(control, connected: true, ended: false);

        passt.Dispose();
        Assert.True(SpinWait.SpinUntil(() => control.GetStatus().NetworkAdapters[0].HasEnded, WorkerProcess.Patience));
        Check(control, connected: false, ended: true);
        Assert.Equal(WorkerState.Running, control.GetStatus().State);
        Assert.Null(control.Ask(WorkerMethod.Stop).Error);
        (int exitCode, _, string error) = process.Wait();
        Assert.True(exitCode == 0, error);
        Assert.Contains($"passt, the network of adapter {Mac}, has ended", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NobodyListens_SaysSo()
    {
        using TestFolder folder = RunningWorkerTests.Prepare(WorkerEngine.Software, WorkerUser.Caller);
        WorkerConfiguration configuration = Configure(folder, folder.File("passt"));
        using WorkerProcess process = RunningWorkerTests.Start(folder, WorkerUser.Caller, configuration);

        (int exitCode, _, string error) = process.Wait();

        Assert.Equal(78, exitCode);
        Assert.Contains(folder.File("passt"), error, StringComparison.Ordinal);
        Assert.Contains(Mac, error, StringComparison.Ordinal);
    }

    private static Socket Listen(string path)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        listener.Listen();
        return listener;
    }

    private static WorkerConfiguration Configure(TestFolder folder, string path) =>
        RunningWorkerTests.Configure(folder, WorkerEngine.Software, TestKernel.Echo) with
        {
            NetworkAdapters = [new WorkerNetworkAdapter { Id = Guid.NewGuid(), Mac = Mac, Socket = path, Connected = true }],
        };

    private static string Change(WorkerConfiguration configuration, bool connected)
    {
        WorkerNetworkAdapter adapter = configuration.NetworkAdapters[0];
        return $$"""{"id":99,"method":"{{WorkerMethod.ChangeAdapter}}","adapter":{"id":"{{adapter.Id}}","mac":"{{Mac}}","socket":"{{adapter.Socket}}","connected":{{(connected ? "true" : "false")}} } }""";
    }

    private static void Check(ControlClient control, bool connected, bool ended)
    {
        WorkerAdapterStatus status = Assert.Single(control.GetStatus().NetworkAdapters);
        Assert.True(status.IsAlone);
        Assert.Equal(connected, status.Connected);
        Assert.Equal(ended, status.HasEnded);
    }
}
