using Nestvisor.Machine.Boot;
using Nestvisor.Machine.Tests.Boot;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests.Lifecycle;

public sealed class PcMachineTests : IDisposable
{
    private readonly ImageFolder _images = new();

    public void Dispose() => _images.Dispose();

    [Fact]
    public void Start_GuestPowersOff_Ends()
    {
        using PcMachine machine = Create((_, bus) => Write(bus, 0x604, 0x3400));
        machine.Start();
        Assert.Equal(new MachineEnd(MachineEndReason.PoweredOff), TestMachine.WaitForEnd(machine));
        Assert.Equal(MachineState.Ended, machine.State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    public void Start_TestExit_EndsWithTheCode(int code)
    {
        using PcMachine machine = Create((_, bus) => Write(bus, 0xF4, (ushort)code));
        machine.Start();
        Assert.Equal(new MachineEnd(MachineEndReason.TestExit, code), TestMachine.WaitForEnd(machine));
    }

    [Fact]
    public void Start_GuestResets_RunsAgainUntilTheLimit()
    {
        int runs = 0;
        PcMachineConfiguration configuration = TestMachine.Configure(_images, (_, bus) =>
        {
            Interlocked.Increment(ref runs);
            return Write(bus, 0xCF9, 0x06, 1);
        });
        using PcMachine machine = new(configuration with { ResetLimit = 3 });
        machine.Start();
        Assert.Equal(MachineEndReason.Reset, TestMachine.WaitForEnd(machine).Reason);
        Assert.Equal(4, runs);
        Assert.Equal(3, machine.ResetCount);
        Assert.Equal(4, ((ScriptedProcessor)machine.Partition.Processors[0]).Resets);
    }

    [Fact]
    public void Start_TwoProcessorsResetAtOnce_ResetsOnce()
    {
        using Barrier barrier = new(2);
        int runs = 0;
        using PcMachine machine = new(TestMachine.Configure(_images, (processor, bus) =>
        {
            if (Interlocked.Increment(ref runs) <= 2)
            {
                barrier.SignalAndWait(TestMachine.Patience);
                return Write(bus, 0x64, 0xFE, 1);
            }

            return processor.Index == 0 ? Write(bus, 0xF4, 7) : null;
        }, processors: 2));
        machine.Start();
        Assert.Equal(new MachineEnd(MachineEndReason.TestExit, 7), TestMachine.WaitForEnd(machine));
        Assert.Equal(1, machine.ResetCount);
    }

    [Fact]
    public void Start_TripleFault_ResetsOrEndsAsConfigured()
    {
        PcMachineConfiguration configuration = TestMachine.Configure(_images, (_, _) => RunResult.Shutdown);
        using PcMachine ending = new(configuration with { OnTripleFault = GuestResetAction.End });
        ending.Start();
        Assert.Equal(MachineEndReason.TripleFault, TestMachine.WaitForEnd(ending).Reason);
        Assert.Equal(0, ending.ResetCount);

        using PcMachine resetting = new(configuration with { ResetLimit = 2 });
        resetting.Start();
        Assert.Equal(MachineEndReason.TripleFault, TestMachine.WaitForEnd(resetting).Reason);
        Assert.Equal(2, resetting.ResetCount);
    }

    [Fact]
    public void Start_EngineFails_EndsWithItsReason()
    {
        using PcMachine machine = Create((_, _) => RunResult.InternalError);
        machine.Start();
        Assert.Contains("scripted failure", TestMachine.WaitForEnd(machine).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_EngineThrows_EndsOnlyTheMachine()
    {
        using PcMachine machine = Create((_, _) => throw new InvalidOperationException("broken"));
        machine.Start();
        MachineEnd end = TestMachine.WaitForEnd(machine);
        Assert.Equal(MachineEndReason.InternalError, end.Reason);
        Assert.Contains("broken", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pause_RunningMachine_StopsTimeUntilResume()
    {
        using PcMachine machine = Create((_, _) => null, processors: 3);
        machine.Start();
        machine.Pause();
        long now = machine.Partition.Clock.Now;
        Assert.Equal(MachineState.Paused, machine.State);
        Assert.False(machine.Partition.Clock.IsRunning);
        Assert.Equal(now, machine.Partition.Clock.Now);
        machine.Resume();
        Assert.True(machine.Partition.Clock.IsRunning);
        machine.Stop();
        Assert.Equal(MachineEndReason.Stopped, TestMachine.WaitForEnd(machine).Reason);
    }

    [Fact]
    public void Pause_ManyTimes_LosesNoProcessor()
    {
        using PcMachine machine = Create((_, _) => null, processors: 2);
        machine.Start();
        for (int i = 0; i < 200; i++)
        {
            machine.Pause();
            machine.Resume();
        }

        machine.Stop();
        Assert.Equal(MachineEndReason.Stopped, TestMachine.WaitForEnd(machine).Reason);
    }

    [Fact]
    public void Run_AfterPauseAndReset_StaysOnItsThread()
    {
        HashSet<int> threads = [];
        using PcMachine machine = Create((processor, _) =>
        {
            lock (threads)
            {
                threads.Add(Environment.CurrentManagedThreadId);
            }

            return null;
        });
        machine.Start();
        machine.Pause();
        machine.Resume();
        machine.Reset();
        machine.Pause();
        machine.Stop();
        Assert.True(threads.Count <= 1);
    }

    [Fact]
    public void RequestShutdown_GuestWithAcpi_SeesThePowerButton()
    {
        using PcMachine machine = Create((processor, bus) =>
        {
            bus.WritePort(0x602, 2, 0x0100);
            while ((bus.ReadPort(0x600, 2) & 0x0100) == 0 && !processor.IsStopRequested)
            {
                Thread.Yield();
            }

            return Write(bus, 0x604, 0x3400);
        });
        machine.Start();
        machine.RequestShutdown();
        Assert.Equal(MachineEndReason.PoweredOff, TestMachine.WaitForEnd(machine).Reason);
    }

    [Fact]
    public void Start_Twice_IsRefused()
    {
        using PcMachine machine = Create((_, _) => null);
        machine.Start();
        Assert.Throws<InvalidOperationException>(machine.Start);
        Assert.Throws<InvalidOperationException>(machine.Resume);
        machine.Stop();
        machine.Stop();
        Assert.Throws<InvalidOperationException>(machine.Start);
        Assert.Throws<InvalidOperationException>(machine.Pause);
    }

    [Fact]
    public void Constructor_MissingKernel_ThrowsAndLeavesNothing()
    {
        PcMachineConfiguration configuration = TestMachine.Configure(_images, (_, _) => null);
        Assert.Throws<BootImageException>(() => new PcMachine(configuration with { Boot = new BootConfiguration("/nowhere") }));
        Assert.Throws<BootImageException>(() => new PcMachine(configuration with { MemorySize = 1 << 20 }));
        Assert.Throws<ArgumentException>(() => new PcMachine(configuration with { ProcessorCount = 0 }));
    }

    [Fact]
    public void Start_EntryState_IsThatOfTheKernel()
    {
        using PcMachine machine = Create((_, _) => null, processors: 2);
        ProcessorState bootstrap = machine.Partition.Processors[0].GetState();
        Assert.Equal(TestImages.PvhEntry, bootstrap.Rip);
        Assert.Equal(0x11ul, bootstrap.Cr0);
        Assert.Equal(ProcessorActivity.WaitForSipi, machine.Partition.Processors[1].GetState().Activity);
    }

    private static RunResult? Write(IMachineBus bus, ushort port, ushort value, int size = 2)
    {
        bus.WritePort(port, size, value);
        return null;
    }

    private PcMachine Create(Func<ScriptedProcessor, IMachineBus, RunResult?> script, int processors = 1) =>
        new(TestMachine.Configure(_images, script, processors));
}
