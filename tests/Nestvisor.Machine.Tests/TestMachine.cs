using Nestvisor.Machine.Boot;
using Nestvisor.Machine.Tests.Boot;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Machine.Tests;

/// <summary>Configurations of machines with scripted guests.</summary>
internal static class TestMachine
{
    public static CpuProfile Profile { get; } = new(
        "test", CpuVendor.Amd, new Dictionary<(uint, uint), CpuidResult> { [(0, 0)] = new(1, 2, 3, 4) });

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public static PcMachineConfiguration Configure(
        ImageFolder images, Func<ScriptedProcessor, IMachineBus, RunResult?> script, int processors = 1)
    {
        return new PcMachineConfiguration
        {
            MemorySize = 16 << 20,
            ProcessorCount = processors,
            Profile = Profile,
            Engine = (memory, clock, profile, count) => new ScriptedPartition(memory, clock, profile, count, script),
            Boot = new BootConfiguration(images.Write("kernel", TestImages.Pvh())),
            TestDevices = true,
            TimeOfDay = DateTimeOffset.UnixEpoch.AddYears(56),
        };
    }

    public static MachineEnd WaitForEnd(PcMachine machine)
    {
        Assert.True(machine.Ended.Wait(Patience, TestContext.Current.CancellationToken), "The machine did not end.");
        return machine.Ended.Result;
    }
}
