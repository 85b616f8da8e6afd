using Nestvisor.Machine.Tests.Boot;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests.Lifecycle;

public sealed class SnapshotTests : IDisposable
{
    private readonly ImageFolder _images = new();

    public void Dispose() => _images.Dispose();

    [Fact]
    public void Restore_IntoAFreshMachine_SavesTheSameAgain()
    {
        using PcMachine machine = new(TestMachine.Configure(_images, Disturb, processors: 2));
        ProcessorState state = machine.Partition.Processors[1].GetState();
        state.Gpr[5] = 0x1234_5678_9ABC_DEF0;
        state.Msrs[0x10] = 77;
        state.Msrs[0xC000_0080] = 0xD01;
        state.Segments[2] = new SegmentState(0x18, 0xC93, uint.MaxValue, 0x1000);
        state.Nested = [1, 2, 3];
        state.PendingEvent = 0x8000_0B0E;
        state.NmiBlocked = true;
        machine.Start();
        machine.Pause();
        byte[] saved = Save(machine);

        using PcMachine copy = new(TestMachine.Configure(_images, (_, _) => null, processors: 2));
        copy.Restore(new MemoryStream(saved));
        Assert.Equal(MachineState.Paused, copy.State);
        Assert.Equal(machine.Partition.Clock.Now, copy.Partition.Clock.Now);
        Assert.Equal(saved, Save(copy));
        copy.Resume();
        copy.Stop();
    }

    [Fact]
    public void Restore_OtherMemorySize_IsRefused()
    {
        PcMachineConfiguration configuration = TestMachine.Configure(_images, (_, _) => null);
        using PcMachine machine = new(configuration);
        using PcMachine other = new(configuration with { MemorySize = 32 << 20 });
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => other.Restore(new MemoryStream(Save(machine))));
        Assert.Contains("bytes of memory", e.Message, StringComparison.Ordinal);
        Assert.Equal(MachineState.Ended, other.State);
    }

    [Fact]
    public void Restore_DamagedState_IsRefusedOrRestored()
    {
        using PcMachine machine = new(TestMachine.Configure(_images, (_, _) => null));
        byte[] saved = Save(machine);
        Random random = new(3);
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = (byte[])saved.Clone();
            damaged[random.Next(4000)] = (byte)random.Next(256);
            using PcMachine copy = new(TestMachine.Configure(_images, (_, _) => null));
            try
            {
                copy.Restore(new MemoryStream(damaged, 0, i % 2 == 0 ? damaged.Length : random.Next(damaged.Length)));
            }
            catch (InvalidDataException)
            {
                Assert.Equal(MachineState.Ended, copy.State);
            }
        }
    }

    [Fact]
    public void Save_RunningMachine_IsRefused()
    {
        using PcMachine machine = new(TestMachine.Configure(_images, (_, _) => null));
        machine.Start();
        Assert.Throws<InvalidOperationException>(() => machine.Save(Stream.Null));
    }

    /// <summary>No bit of a saved state may change unseen, wherever it is: in the head, in a page, in the checksums.</summary>
    [Fact]
    public void Restore_AnyBitChanged_IsRefused()
    {
        using PcMachine machine = new(TestMachine.Configure(_images, (_, _) => null));
        byte[] saved = Save(machine);
        Random random = new(5);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = (byte[])saved.Clone();
            int at = i < 20 ? saved.Length - 1 - i : random.Next(saved.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            using PcMachine copy = new(TestMachine.Configure(_images, (_, _) => null));
            Assert.Throws<InvalidDataException>(() => copy.Restore(new MemoryStream(damaged)));
        }
    }

    [Fact]
    public void Restore_MoreBehindTheEnd_IsRefused()
    {
        using PcMachine machine = new(TestMachine.Configure(_images, (_, _) => null));
        using PcMachine copy = new(TestMachine.Configure(_images, (_, _) => null));
        Assert.Throws<InvalidDataException>(() => copy.Restore(new MemoryStream([.. Save(machine), 0])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SaveAndEnd_CommitSucceeds_EndsTheMachine(bool paused)
    {
        using PcMachine machine = new(TestMachine.Configure(_images, (_, _) => null));
        machine.Start();
        if (paused)
        {
            machine.Pause();
        }

        using MemoryStream stream = new();
        bool committed = false;
        machine.SaveAndEnd(stream, () => committed = machine.State != MachineState.Ended);

        Assert.True(committed);
        Assert.Equal(MachineState.Ended, machine.State);
        Assert.Equal(MachineEndReason.Saved, (await machine.Ended).Reason);
        using PcMachine copy = new(TestMachine.Configure(_images, (_, _) => null));
        copy.Restore(new MemoryStream(stream.ToArray()));
        Assert.Equal(machine.Partition.Clock.Now, copy.Partition.Clock.Now);
        Assert.Throws<InvalidOperationException>(() => machine.SaveAndEnd(Stream.Null, () => { }));
    }

    [Theory]
    [InlineData(false, MachineState.Running)]
    [InlineData(true, MachineState.Paused)]
    public void SaveAndEnd_Fails_TheMachineGoesOnAsItWas(bool paused, MachineState state)
    {
        using PcMachine machine = new(TestMachine.Configure(_images, (_, _) => null));
        machine.Start();
        if (paused)
        {
            machine.Pause();
        }

        Assert.Throws<IOException>(() => machine.SaveAndEnd(Stream.Null, () => throw new IOException("full")));
        Assert.Throws<NotSupportedException>(() => machine.SaveAndEnd(new MemoryStream(new byte[100]), () => { }));

        Assert.Equal(state, machine.State);
        Assert.Equal(state == MachineState.Running, machine.Partition.Clock.IsRunning);
    }

    private static byte[] Save(PcMachine machine)
    {
        using MemoryStream stream = new();
        machine.Save(stream);
        return stream.ToArray();
    }

    private static RunResult? Disturb(ScriptedProcessor processor, IMachineBus bus)
    {
        bus.WritePort(0x43, 1, 0x34);
        bus.WritePort(0x40, 1, 0x10);
        bus.WritePort(0x40, 1, 0x27);
        bus.WritePort(0x70, 1, 0x40);
        bus.WritePort(0x71, 1, 0x99);
        bus.WritePort(0x3FB, 1, 0x1B);
        bus.WritePort(0x2004, 1, 1);
        bus.WritePort(0xE0, 4, 0xDEADBEEF);
        bus.WriteMemory(0xFF00_0100, [1, 2, 3, 4]);
        bus.WritePort(0xCF8, 4, 0x8000_0800);
        return null;
    }
}
