using Nestvisor.Devices;
using Nestvisor.Devices.Chipset;
using Nestvisor.Devices.Virtio;
using Nestvisor.Machine.Tests.Boot;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests.Lifecycle;

/// <summary>Random values to every register of every device: nothing throws, and a saved state of what came of it restores.</summary>
public sealed class HostileGuestTests : IDisposable
{
    private static readonly (ushort First, int Count)[] Ports =
    [
        (0x20, 2), (0xA0, 2), (0x4D0, 2), (0x40, 4), (0x61, 1), (0x70, 2), (0x600, 12), (0x92, 1), (0xCF9, 1), (0x60, 5), (0x80, 1),
        (0x3F8, 8), (0xE0, 5), (0xF4, 1), (0x2000, 24), (0x510, 2), (0xCF8, 8), (0, 0x10000),
    ];

    private static readonly (ulong First, int Length)[] Memory =
    [
        (PlatformAddresses.IoApic, 0x50), (0xFF00_0000, 0x10020), (PlatformAddresses.PciWindowStart, 0x10000), (0xFEE0_0000, 0x1000),
        (PlatformAddresses.RemappingUnit, 0x240), (PlatformAddresses.PciWindowStart + 0x10_0000, 0xA0),
    ];

    private readonly ImageFolder _images = new();

    public void Dispose() => _images.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Access_RandomRegisters_NeverThrows(int seed)
    {
        int events = 0;
        PcMachineConfiguration configuration = TestMachine.Configure(_images, (_, _) => null) with
        {
            Clock = VmClock.CreateManual,
            VirtioDevices = [new VirtioEntropy()],
        };
        using Board board = new(configuration, _ => events++, _ => events++);
        Random random = new(seed);
        for (int i = 0; i < 300_000; i++)
        {
            Access(board, random);
        }

        Assert.NotEqual(0, events);
        board.PauseDevices();
        using Board copy = new(configuration with { VirtioDevices = [new VirtioEntropy()] }, _ => { }, _ => { });
        copy.Clock.Set(board.Clock.Now);
        for (int i = 0; i < board.Devices.Count; i++)
        {
            StateWriter saved = new();
            board.Devices[i].Save(saved);
            copy.Devices[i].Restore(new StateReader(saved.Written));
            StateWriter again = new();
            copy.Devices[i].Save(again);
            if (board.Devices[i].GetType().Namespace == typeof(Pit8254).Namespace)
            {
                Assert.Equal(saved.Written.ToArray(), again.Written.ToArray());
            }
        }

        board.Reset();
    }

    [Fact]
    public void Access_FromFourThreads_NeverThrows()
    {
        PcMachineConfiguration configuration = TestMachine.Configure(_images, (processor, bus) =>
        {
            Random random = new(processor.Index);
            while (!processor.IsStopRequested)
            {
                int kind = random.Next(Ports.Length - 1);
                ushort port = (ushort)(Ports[kind].First + random.Next(Ports[kind].Count));
                if (port is not (0xF4 or 0xCF9 or 0x64 or 0x92 or 0x604 or 0x605))
                {
                    bus.WritePort(port, 1, (uint)random.Next(256));
                    bus.ReadPort(port, 1 << random.Next(3));
                }

                bus.AcknowledgeInterrupt();
                bus.EndOfInterrupt((byte)random.Next(256));
            }

            return null;
        }, processors: 4);
        using PcMachine machine = new(configuration);
        machine.Start();
        for (int i = 0; i < 20; i++)
        {
            machine.Pause();
            machine.Save(Stream.Null);
            machine.Resume();
        }

        machine.Reset();
        Assert.Equal(MachineState.Running, machine.State);
    }

    private static void Access(Board board, Random random)
    {
        int size = 1 << random.Next(3);
        if (random.Next(4) != 0)
        {
            (ushort first, int count) = Ports[random.Next(Ports.Length)];
            ushort port = (ushort)(first + random.Next(count));
            uint value = random.Next(4) switch
            {
                0 => 0,
                1 => uint.MaxValue,
                2 => 1u << random.Next(32),
                _ => (uint)random.NextInt64(1L << 32),
            };
            if (random.Next(3) == 0)
            {
                board.Bus.ReadPort(port, size);
            }
            else
            {
                board.Bus.WritePort(port, size, size == 4 ? value : value & ((1u << (size * 8)) - 1));
            }
        }
        else
        {
            (ulong first, int length) = Memory[random.Next(Memory.Length)];
            Span<byte> data = stackalloc byte[random.Next(1, 33)];
            random.NextBytes(data);
            ulong address = first + (ulong)random.Next(length);
            if (random.Next(3) == 0)
            {
                board.Bus.ReadMemory(address, data);
            }
            else
            {
                board.Bus.WriteMemory(address, data);
            }
        }

        if (random.Next(16) == 0)
        {
            board.Clock.Advance(random.Next(2_000_000));
            board.Bus.AcknowledgeInterrupt();
            board.Bus.EndOfInterrupt((byte)random.Next(256));
        }
    }
}
