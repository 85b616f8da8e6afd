using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Tests;

public sealed class MachineRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Create_NothingGiven_HasHyperVsDefaults()
    {
        MachineConfiguration machine = MachineRules.Create(new CreateMachineRequest(), Now);

        Assert.Equal("New Virtual Machine", machine.Name);
        Assert.Equal(512L << 20, machine.MemoryStartupBytes);
        Assert.Equal("12.0", machine.Version);
        Assert.Equal(1, machine.Generation);
        Assert.Equal(1, machine.ProcessorCount);
        Assert.Equal(WorkerEngine.Auto, machine.Engine);
        Assert.False(machine.ExposeVirtualizationExtensions);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Change_ProcessorCount_IsChecked(int count, bool allowed)
    {
        MachineConfiguration machine = MachineRules.Create(new CreateMachineRequest(), Now);
        ChangeMachineRequest change = new() { ProcessorCount = count };
        if (allowed)
        {
            Assert.Equal(count, MachineRules.Change(machine, change, MachineState.Off).ProcessorCount);
            return;
        }

        ApiException error = Assert.Throws<ApiException>(() => MachineRules.Change(machine, change, MachineState.Off));
        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
        Assert.Contains("1 to 16", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32L << 20, true)]
    [InlineData((32L << 20) - 1, false)]
    [InlineData(31L << 20, false)]
    [InlineData((64L << 20) + 4096, false)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(12L << 40, true)]
    [InlineData((12L << 40) + (1 << 20), false)]
    public void Create_Memory_IsChecked(long bytes, bool allowed)
    {
        Exception? error = Record.Exception(() => MachineRules.Create(new CreateMachineRequest { MemoryStartupBytes = bytes }, Now));

        Assert.Equal(allowed, error is null);
        Assert.True(allowed || error is ApiException { Error: { Code: ApiErrorCode.InvalidParameter, Category: ApiErrorCategory.InvalidArgument } });
    }

    [Theory]
    [InlineData("9.3", false)]
    [InlineData("10.0", true)]
    [InlineData("12.0", true)]
    public void Change_ExtensionsWithAmdProcessor_NeedVersion10(string version, bool allowed)
    {
        MachineConfiguration machine = MachineRules.Create(new CreateMachineRequest { Version = version, Engine = WorkerEngine.Software }, Now);

        Exception? error = Record.Exception(
            () => MachineRules.Change(machine, new ChangeMachineRequest { ExposeVirtualizationExtensions = true }, MachineState.Off));

        Assert.Equal(allowed, error is null);
    }

    // This host's processor is not asked: whether it is Intel's is made up here, since such a host is not always at hand.
    [Theory]
    [InlineData("8.0", true, true, WorkerEngine.Kvm, true)]
    [InlineData("7.1", true, true, WorkerEngine.Kvm, false)]
    [InlineData("8.0", true, true, WorkerEngine.Auto, true)]
    [InlineData("8.0", true, true, WorkerEngine.Software, false)]
    [InlineData("10.0", true, true, WorkerEngine.Software, true)]
    [InlineData("9.3", true, false, WorkerEngine.Kvm, false)]
    [InlineData("10.0", true, false, WorkerEngine.Kvm, true)]
    [InlineData("9.3", false, true, WorkerEngine.Auto, false)]
    public void CheckNesting_OnAMadeUpHost_GoesByTheVendorOfTheGuestsProcessor(string version, bool kvm, bool intel, WorkerEngine engine, bool allowed)
    {
        MachineConfiguration machine = MachineRules.Create(new CreateMachineRequest { Engine = engine }, Now) with { Version = version };

        ApiException? error = (ApiException?)Record.Exception(() => VersionRules.CheckNesting(machine, new HostProcessor(HasKvm: kvm, HasVmx: intel)));

        Assert.Equal(allowed, error is null);
        if (error is not null)
        {
            Assert.Equal(ApiErrorCode.NotSupported, error.Error.Code);
            Assert.Contains("Update-VMVersion", error.Message, StringComparison.Ordinal);
            Assert.Contains("Set-VMProcessor 'New Virtual Machine' -ExposeVirtualizationExtensions $false", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("8.0", "12.0", true)]
    [InlineData("12.0", "12.0", true)]
    [InlineData("12.0", "11.0", false)]
    [InlineData("8.0", "7.0", false)]
    [InlineData("8.0", "13.0", false)]
    public void Change_Version_GoesUpOnly(string from, string to, bool allowed)
    {
        MachineConfiguration machine = MachineRules.Create(new CreateMachineRequest { Version = from }, Now);
        ChangeMachineRequest change = new() { Version = to };

        ApiException? error = (ApiException?)Record.Exception(() => MachineRules.Change(machine, change, MachineState.Off));

        Assert.Equal(allowed ? null : ApiErrorCode.InvalidParameter, error?.Error.Code);
        Assert.Equal(ApiErrorCode.InvalidState, Assert.Throws<ApiException>(() => MachineRules.Change(machine, change, MachineState.Saved)).Error.Code);
    }

    [Theory]
    [InlineData("5.0")]
    [InlineData("13.0")]
    [InlineData("255.0")]
    public void Create_UnknownVersion_IsRefused(string version) =>
        Assert.Contains(version, Assert.Throws<ApiException>(() => MachineRules.Create(new CreateMachineRequest { Version = version }, Now)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(MachineState.Running)]
    [InlineData(MachineState.Paused)]
    [InlineData(MachineState.Starting)]
    [InlineData(MachineState.Stopping)]
    public void Change_NotOff_AllowsNameAndNotesOnly(MachineState state)
    {
        MachineConfiguration machine = MachineRules.Create(new CreateMachineRequest(), Now);

        Assert.Equal("n", MachineRules.Change(machine, new ChangeMachineRequest { Name = "n", Notes = "x" }, state).Name);
        ChangeMachineRequest[] refused =
        [
            new() { ExposeVirtualizationExtensions = false },
            new() { ProcessorCount = 1 },
            new() { MemoryStartupBytes = 1L << 30 },
            new() { MemoryMinimumBytes = 513L << 20 },
            new() { MemoryMaximumBytes = 1L << 30 },
            new() { Version = "12.0" },
            new() { Engine = WorkerEngine.Kvm },
            new() { KernelPath = "/k" },
            new() { InitialRamDiskPath = "/i" },
            new() { KernelCommandLine = "quiet" },
            new() { MaskedProcessorFeatures = [] },
            new() { TestDevices = true },
        ];
        foreach (ChangeMachineRequest change in refused)
        {
            ApiException error = Assert.Throws<ApiException>(() => MachineRules.Change(machine, change, state));
            Assert.Equal(ApiErrorCode.InvalidState, error.Error.Code);
            Assert.Equal(ApiErrorCategory.InvalidOperation, error.Error.Category);
        }
    }
}
