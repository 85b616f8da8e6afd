using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;

namespace Nestvisor.Management.Tests;

public sealed class ConfigurationStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_WhatWasSaved_IsTheSame()
    {
        MachineConfiguration saved = Configuration("Maschine „1“");
        new ConfigurationStore(_folder).Save(saved);

        MachineConfiguration loaded = Assert.Single(new ConfigurationStore(_folder).Load(Assert.Fail));

        Assert.Equal(Text(saved), Text(loaded));
    }

    [Fact]
    public void Load_LeftOversOfACrash_AreRemovedAndTheOldContentStays()
    {
        ConfigurationStore store = new(_folder);
        MachineConfiguration saved = Configuration("old");
        store.Save(saved);
        File.WriteAllText(Path.Combine(store.FolderOf(saved.Id), "vm.json.new"), "{ \"name\": \"ha");
        string half = store.FolderOf(Guid.NewGuid());
        _ = Directory.CreateDirectory(half);

        MachineConfiguration loaded = Assert.Single(store.Load(Assert.Fail));

        Assert.Equal("old", loaded.Name);
        Assert.Equal([Path.Combine(store.FolderOf(saved.Id), "vm.json")], Directory.GetFiles(store.FolderOf(saved.Id)));
        Assert.False(Directory.Exists(half));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{ \"bogus\": 1 }")]
    [InlineData("null")]
    [InlineData("")]
    public void Load_UnreadableFile_IsReportedAndLeftAlone(string content)
    {
        ConfigurationStore store = new(_folder);
        Guid id = Guid.NewGuid();
        string file = Path.Combine(store.FolderOf(id), "vm.json");
        _ = Directory.CreateDirectory(store.FolderOf(id));
        File.WriteAllText(file, content);
        List<string> reports = [];

        Assert.Empty(store.Load(reports.Add));

        Assert.Contains(file, Assert.Single(reports), StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(file));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void Load_FormatOfAnotherVersion_IsLeftAlone(int format)
    {
        ConfigurationStore store = new(_folder);
        store.Save(Configuration("VM") with { Format = format });

        Assert.Equal(format == 1 ? 1 : 0, store.Load(_ => { }).Count);
    }

    /// <summary>Kills the service at each system call that a change makes, with strace, and looks what the next service finds.</summary>
    [Theory]
    [InlineData("fsync", 1)]
    [InlineData("fsync", 2)]
    [InlineData("rename", 1)]
    public async Task Change_KilledAtASystemCall_LeavesTheOldOrTheNew(string call, int occurrence)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed: the exact crash cannot be made.");
        await using TestService service = new(ServiceUser.Caller);
        service.Start();
        MachineInfo machine = await service.CreateAsync("old");

        string trace = Path.Combine(service.Folder, "trace");
        string[] options = ["-f", "-q", "-o", trace, "-e", "trace=fsync,rename", "-e", $"inject={call}:signal=KILL:when={occurrence}"];
        using Process strace = Process.Start("strace", [.. options, "-p", $"{service.Process.Id}"]);
        TestService.Until(() => IsTraced(service.Process.Id), "strace has attached");
        _ = await Assert.ThrowsAsync<ApiException>(
            () => service.Client.ChangeMachineAsync(machine.Configuration.Id, new ChangeMachineRequest { Name = "new" }, TestService.Cancellation));
        await strace.WaitForExitAsync(TestService.Cancellation);
        await service.Process.WaitForExitAsync(TestService.Cancellation);

        service.Start();
        MachineInfo after = await service.Client.GetMachineAsync(machine.Configuration.Id, TestService.Cancellation);
        Assert.True(after.Configuration.Name is "old" or "new", after.Configuration.Name);
    }

    // proc(5): every thread has to be traced before the change is made.
    private static bool IsTraced(int processId)
    {
        foreach (string thread in Directory.GetDirectories($"/proc/{processId}/task"))
        {
            if (File.ReadAllText(thread + "/status").Contains("TracerPid:\t0\n", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static MachineConfiguration Configuration(string name) => new()
    {
        Id = Guid.NewGuid(),
        Name = name,
        CreationTime = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Version = "12.0",
        MemoryStartupBytes = 64 << 20,
        MaskedProcessorFeatures = ["avx2"],
        Disks = [new DiskConfiguration { Path = "/disk", ReadOnly = true, ControllerLocation = 3 }],
    };

    private static string Text(MachineConfiguration configuration) =>
        Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(configuration, ApiJsonContext.Default.MachineConfiguration));
}
