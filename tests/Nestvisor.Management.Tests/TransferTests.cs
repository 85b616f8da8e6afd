using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Tests;

/// <summary>Exports and imports at the service: hostile files, and a service that is killed.</summary>
public sealed class TransferTests
{
    private static CancellationToken Cancellation => TestService.Cancellation;

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{ \"bogus\": 1 }")]
    [InlineData("replace:\"format\": 1=\"format\": 2")]
    [InlineData("replace:\"12.0\"=\"twelve\"")]
    [InlineData("replace:\"disks\": [=\"disks\": [ null,")]
    [InlineData("replace:Virtual Hard Disks/disk=zero\\u0000")]
    [InlineData("replace:Virtual Hard Disks/disk=")]
    [InlineData("zero id")]
    [InlineData("huge")]
    public async Task Import_DamagedConfiguration_IsAnErrorAndNothingIsDone(string content)
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        string file = await ExportAsync(service);
        string text = File.ReadAllText(file);
        string changed = content switch
        {
            "zero id" => text.Replace(Path.GetFileNameWithoutExtension(file).ToLowerInvariant(), Guid.Empty.ToString(), StringComparison.Ordinal),
            "huge" => text + new string(' ', 2 << 20),
            _ when content.StartsWith("replace:", StringComparison.Ordinal) => text.Replace(content[8..content.IndexOf('=')], content[(content.IndexOf('=') + 1)..], StringComparison.Ordinal),
            _ => content,
        };
        Assert.NotEqual(text, changed);
        File.WriteAllText(file, changed);
        string[] before = Everything(service);

        foreach (bool copy in (bool[])[false, true])
        {
            ApiException error = await Assert.ThrowsAsync<ApiException>(() => service.Client.ImportMachineAsync(
                new ImportMachineRequest { Path = file, Copy = copy, GenerateNewId = copy }, Cancellation));
            Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Everything(service));
        Assert.Empty(await service.Client.GetMachinesAsync(Cancellation));
    }

    [Theory]
    [InlineData("Virtual Hard Disks/disk", "link", ImportIssueKind.ForeignDisk)]
    [InlineData("Virtual Hard Disks", "link", ImportIssueKind.ForeignDisk)]
    [InlineData("Virtual Hard Disks/disk", "fifo", ImportIssueKind.MissingDisk)]
    [InlineData("Virtual Hard Disks/disk", "gone", ImportIssueKind.MissingDisk)]
    [InlineData("Virtual Machines/ID/kernel", "link", ImportIssueKind.ForeignBootFile)]
    [InlineData("Virtual Machines/ID/kernel", "fifo", ImportIssueKind.MissingBootFile)]
    public async Task Import_FileThatIsNone_IsReportedAndNotFollowed(string name, string instead, ImportIssueKind expected)
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        string file = await ExportAsync(service);
        string root = Path.GetDirectoryName(Path.GetDirectoryName(file))!;
        string path = Path.Combine(root, name.Replace("ID", Path.GetFileNameWithoutExtension(file), StringComparison.Ordinal));
        string aside = path + ".aside";
        Directory.Move(path, aside);
        if (instead == "link")
        {
            _ = File.CreateSymbolicLink(path, aside);
        }
        else if (instead == "fifo")
        {
            _ = TestService.Run("mkfifo", path);
        }

        foreach (bool copy in (bool[])[false, true])
        {
            ImportMachineRequest request = new() { Path = file, Copy = copy, GenerateNewId = copy };
            ImportReport report = await service.Client.PlanImportAsync(request, Cancellation);
            Assert.Equal(expected, Assert.Single(report.Issues).Kind);
            _ = await Assert.ThrowsAsync<ApiException>(() => service.Client.ImportMachineAsync(request, Cancellation));
        }

        Assert.Empty(await service.Client.GetMachinesAsync(Cancellation));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("fifo")]
    [InlineData("state link")]
    public async Task Import_ConfigurationOrStateThatIsNoFile_IsRefused(string kind)
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        string file = await ExportAsync(service);
        if (kind == "state link")
        {
            _ = File.CreateSymbolicLink(Path.ChangeExtension(file, ".vmrs"), "/etc/passwd");
        }
        else
        {
            File.Move(file, file + ".aside");
            _ = kind == "link" ? File.CreateSymbolicLink(file, file + ".aside").FullName : TestService.Run("mkfifo", file);
        }

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => service.Client.ImportMachineAsync(new ImportMachineRequest { Path = file }, Cancellation));

        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
    }

    [Fact]
    public async Task Import_SameIdentifierTwiceAtOnce_IsOneMachine()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        string file = await ExportAsync(service);

        Task<MachineInfo>[] both = [.. Enumerable.Range(0, 2).Select(_ => service.Client.ImportMachineAsync(new ImportMachineRequest { Path = file }, Cancellation))];
        int done = 0;
        foreach (Task<MachineInfo> one in both)
        {
            done += await Record.ExceptionAsync(() => one) is null ? 1 : 0;
        }

        Assert.Equal(1, done);
        _ = Assert.Single(await service.Client.GetMachinesAsync(Cancellation));
    }

    [Fact]
    public async Task Export_ServiceKilledMeanwhile_LeavesNoCopyAndTheMachineCanGoOn()
    {
        await using TestService service = new(ServiceUser.Caller);
        service.Start();
        string socket = Path.Combine(service.Folder, "hold");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        listener.Listen();
        MachineInfo running = await service.StartMachineAsync(commandLine: $"fake.hold=capture:{socket}");
        Guid id = running.Configuration.Id;
        string exports = Path.Combine(service.Folder, "exports");
        Task<MachineInfo> export = service.Client.ExportMachineAsync(id, new ExportMachineRequest { Path = exports }, Cancellation);
        using (await listener.AcceptAsync(Cancellation))
        {
            service.Kill();
        }

        _ = await Assert.ThrowsAsync<ApiException>(() => export);
        Assert.DoesNotContain("VM", Directory.GetFileSystemEntries(exports).Select(Path.GetFileName));
        service.Start();
        Assert.Equal(MachineState.Paused, (await service.Client.GetMachineAsync(id, Cancellation)).State);
        Assert.Equal(MachineState.Running, (await service.Client.OperateAsync(id, MachineOperation.Resume, Cancellation)).State);
    }

    [Fact]
    public async Task Export_CallerGoesAway_LeavesNothingAndTheMachineRuns()
    {
        await using TestService service = new(ServiceUser.Caller);
        service.Start();
        string socket = Path.Combine(service.Folder, "hold");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        listener.Listen();
        MachineInfo running = await service.StartMachineAsync(commandLine: $"fake.hold=capture:{socket}");
        Guid id = running.Configuration.Id;
        _ = await service.Client.OperateAsync(id, MachineOperation.Stop, Cancellation);
        _ = await service.Client.AddDiskAsync(id, new AddDiskRequest { Path = service.Write("disk", new byte[4096]) }, Cancellation);
        _ = await service.Client.OperateAsync(id, MachineOperation.Start, Cancellation);
        string exports = Path.Combine(service.Folder, "exports");
        using CancellationTokenSource away = new();
        Task<MachineInfo> export = service.Client.ExportMachineAsync(id, new ExportMachineRequest { Path = exports }, away.Token);
        using (await listener.AcceptAsync(Cancellation))
        {
            await away.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => export);
            TestService.Until(
                () => service.Client.GetMachineAsync(id, Cancellation).GetAwaiter().GetResult().Status == "The export is being stopped", "the service knows it");
        }

        TestService.Until(() => !Directory.Exists(exports), "nothing is left of the export");
        TestService.Until(() => service.Client.GetMachineAsync(id, Cancellation).GetAwaiter().GetResult() is { State: MachineState.Running, ExportPercent: null }, "the machine runs");
    }

    // A machine with a disk, exported and removed. The exported configuration is the answer.
    private static async Task<string> ExportAsync(TestService service)
    {
        MachineInfo machine = await service.CreateAsync();
        Guid id = machine.Configuration.Id;
        string disk = service.Write("disk", new byte[4096]);
        File.SetUnixFileMode(disk, (UnixFileMode)0x1B6);
        _ = await service.Client.AddDiskAsync(id, new AddDiskRequest { Path = disk }, Cancellation);
        string exports = Path.Combine(service.Folder, "exports");
        _ = await service.Client.ExportMachineAsync(id, new ExportMachineRequest { Path = exports }, Cancellation);
        await service.Client.RemoveMachineAsync(id, Cancellation);
        return Directory.GetFiles(exports, "*.vmcx", SearchOption.AllDirectories)[0];
    }

    private static string[] Everything(TestService service) =>
        [.. Directory.GetFileSystemEntries(service.Folder, "*", SearchOption.AllDirectories).Where(path => !path.StartsWith(service.Paths.Runtime, StringComparison.Ordinal)).Order()];
}
