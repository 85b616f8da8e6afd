using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Nestvisor.Api.Worker;
using Nestvisor.Management.FakeWorker;

switch (args)
{
    case ["run", "--config", string file]:
        WorkerConfiguration configuration = JsonSerializer.Deserialize(File.ReadAllBytes(file), WorkerJsonContext.Default.WorkerConfiguration)!;
        return await new FakeMachine(configuration).RunAsync();

    case ["judge", "--config", string judged]:
        WorkerConfiguration planned = JsonSerializer.Deserialize(File.ReadAllBytes(judged), WorkerJsonContext.Default.WorkerConfiguration)!;
        List<WorkerObstacle> obstacles = [];
        if (FakeGuest.Parse(planned.CommandLine).HasNoEngine)
        {
            obstacles.Add(new WorkerObstacle { Kind = WorkerObstacleKind.Engine, Message = "The engine cannot be used on this host." });
        }

        if (planned.RestoreSavedState && FakeState.WhyUnusable(planned) is { } unusable)
        {
            obstacles.Add(new WorkerObstacle { Kind = WorkerObstacleKind.SavedState, Message = unusable });
        }

        Console.WriteLine(JsonSerializer.Serialize(obstacles, WorkerJsonContext.Default.IReadOnlyListWorkerObstacle));
        return obstacles.Count == 0 ? 0 : 1;

    // Of one engine everything is well, with the other nothing nests, as the exit code says too.
    case ["check", "--nested", "--json"]:
        IReadOnlyList<WorkerNestingCheck> checks =
        [
            new() { Engine = WorkerEngine.Kvm, Name = "Device", Result = WorkerCheckResult.Failed, Found = "fake device", Remedy = "fake remedy" },
            new() { Engine = WorkerEngine.Kvm, Name = "NestedParameter", Result = WorkerCheckResult.NotApplicable, Found = "fake module" },
            new() { Engine = WorkerEngine.Software, Name = "Translation", Result = WorkerCheckResult.Warning, Found = "fake code", Remedy = "fake kernel" },
            new() { Engine = WorkerEngine.Software, Name = "Nesting", Result = WorkerCheckResult.Passed, Found = "fake outcome" },
        ];
        Console.WriteLine(JsonSerializer.Serialize(checks, WorkerJsonContext.Default.IReadOnlyListWorkerNestingCheck));
        return 78;

    // Asks a service for its machines and prints how many bytes come back: for tests of who may ask.
    case ["ask", string path]:
        using (Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            int received = 0;
            try
            {
                _ = socket.Send(Encoding.ASCII.GetBytes("GET /v1/machines HTTP/1.1\r\nHost: n\r\n\r\n"));
                received = socket.Receive(new byte[4096]);
            }
            catch (SocketException)
            {
                // The service closed the connection.
            }

            Console.WriteLine(received);
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: fake-worker run --config FILE | check --nested --json | ask SOCKET");
        return 64;
}
