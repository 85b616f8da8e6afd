using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Tests;

public sealed class HostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;

    private NestvisorPaths Paths => NestvisorPaths.Create(Path.Combine(_folder, "s"), Path.Combine(_folder, "r"));

    private string SettingsFile => Path.Combine(Paths.State, "host.json");

    public HostTests() => Directory.CreateDirectory(Paths.State);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Describe_NewHost_HasTheMachinesResourcesAndFolders()
    {
        HostInfo host = Open(Assert.Fail).Describe();

        Assert.Equal(File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal)), host.LogicalProcessorCount);
        string total = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemTotal:", StringComparison.Ordinal));
        Assert.Equal(long.Parse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) << 10, host.MemoryCapacity);
        Assert.Equal(Paths.State, host.VirtualMachinePath);
        Assert.Equal(Path.Combine(Paths.State, "disks"), host.VirtualHardDiskPath);
        Assert.True(Directory.Exists(host.VirtualHardDiskPath));
        Assert.False(File.Exists(SettingsFile));
    }

    [Fact]
    public async Task Change_FolderForDisks_IsThereAfterTheServiceWasKilled()
    {
        await using TestService service = new(ServiceUser.Unprivileged);
        service.Start();
        string disks = Path.Combine(service.Folder, "s", "own", "disks");

        HostInfo changed = await service.Client.ChangeHostAsync(new ChangeHostRequest { VirtualHardDiskPath = disks }, TestService.Cancellation);
        service.Kill();
        service.Start();

        Assert.Equal(disks, changed.VirtualHardDiskPath);
        Assert.True(Directory.Exists(disks));
        Assert.Equal(disks, (await service.Client.GetHostAsync(TestService.Cancellation)).VirtualHardDiskPath);
    }

    [Theory]
    [InlineData("relative", null, ApiErrorCode.InvalidParameter)]
    [InlineData("/proc/nix/disks", null, ApiErrorCode.InvalidParameter)]
    [InlineData("/tmp", "/elsewhere", ApiErrorCode.NotSupported)]
    [InlineData(null, "relative", ApiErrorCode.InvalidParameter)]
    public void Change_ThatCannotBe_ChangesNothing(string? disks, string? machines, string code)
    {
        ManagedHost host = Open(Assert.Fail);

        ApiException error = Assert.Throws<ApiException>(() => host.Change(new ChangeHostRequest { VirtualHardDiskPath = disks, VirtualMachinePath = machines }));

        Assert.Equal(code, error.Error.Code);
        Assert.Equal(Path.Combine(Paths.State, "disks"), host.Describe().VirtualHardDiskPath);
        Assert.False(File.Exists(SettingsFile));
    }

    [Fact]
    public void Change_FolderOfMachinesAsItIs_IsAccepted() =>
        Open(Assert.Fail).Change(new ChangeHostRequest { VirtualMachinePath = Paths.State + "/" });

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{ \"bogus\": 1 }")]
    [InlineData("{ \"format\": 2 }")]
    public void Settings_Unreadable_AreReportedAndLeftAlone(string content)
    {
        File.WriteAllText(SettingsFile, content);
        List<string> reports = [];
        ManagedHost host = Open(reports.Add);

        ApiException error = Assert.Throws<ApiException>(() => host.Change(new ChangeHostRequest { VirtualHardDiskPath = Path.Combine(_folder, "d") }));

        Assert.Contains(SettingsFile, Assert.Single(reports), StringComparison.Ordinal);
        Assert.Contains(SettingsFile, error.Message, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(Paths.State, "disks"), host.Describe().VirtualHardDiskPath);
        Assert.Equal(content, File.ReadAllText(SettingsFile));
    }

    [Fact]
    public void Settings_LeftOverOfACrash_IsRemovedAndTheOldContentStays()
    {
        string disks = Path.Combine(_folder, "d");
        Open(Assert.Fail).Change(new ChangeHostRequest { VirtualHardDiskPath = disks });
        File.WriteAllText(SettingsFile + ".new", "{ \"virt");

        Assert.Equal(disks, Open(Assert.Fail).Describe().VirtualHardDiskPath);
        Assert.False(File.Exists(SettingsFile + ".new"));
    }

    private ManagedHost Open(Action<string> onUnreadable) => new(new HostConfigurationStore(Paths.State), Paths, onUnreadable);
}
