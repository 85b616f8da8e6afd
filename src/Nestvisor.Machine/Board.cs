using System.Buffers.Binary;
using Nestvisor.Devices;
using Nestvisor.Devices.Chipset;
using Nestvisor.Devices.Iommu;
using Nestvisor.Devices.Pci;
using Nestvisor.Devices.Serial;
using Nestvisor.Devices.Test;
using Nestvisor.Devices.Virtio;
using Nestvisor.Machine.Bus;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine;

/// <summary>The parts of a machine and the wires between them, without a life of their own.</summary>
internal sealed class Board : IDisposable
{
    private const ushort Com1 = 0x3F8;
    private const int Com1Interrupt = 4;
    private const ushort Com2 = 0x2F8;
    private const int Com2Interrupt = 3;
    private const int RtcInterrupt = 8;

    private readonly PicPair _pic;
    private readonly List<IDevice> _devices = [];

    /// <summary>Puts the parts together.</summary>
    /// <param name="configuration">Which parts.</param>
    /// <param name="power">Is told of power-off and reset by the guest.</param>
    /// <param name="testExit">Is told the test device's exit code.</param>
    public Board(PcMachineConfiguration configuration, Action<PowerEvent> power, Action<int> testExit)
    {
        Memory = new GuestMemory(configuration.MemorySize);
        Clock = configuration.Clock();
        try
        {
            Partition = configuration.Engine(Memory, Clock, configuration.Profile, configuration.ProcessorCount);
        }
        catch
        {
            Clock.Dispose();
            Memory.Dispose();
            throw;
        }

        PicPair pic = _pic = Add(new PicPair(Partition.SetExternalInterrupt));
        RemappingUnit? remapping = configuration.TestDevices ? new RemappingUnit(Memory, Partition) : null;
        IoApic ioApic = Add(new IoApic(Partition, remapping));
        InterruptRouter router = new(pic, ioApic);
        Bus.Connect(pic, ioApic);
        long timeOfDay = (configuration.TimeOfDay ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();

        // The chipset comes first: where ranges overlap the bus lets the earlier one answer.
        pic.Connect(Bus);
        ioApic.Connect(Bus);
        Add(new Pit8254(Clock, router.CreateLine(0))).Connect(Bus);
        Add(new CmosRtc(Clock, router.CreateLine(RtcInterrupt), timeOfDay, Memory.LowSize, Memory.HighSize)).Connect(Bus);
        PowerManagement = Add(new AcpiPowerManagement(Clock, router.CreateLine(AcpiPowerManagement.Interrupt), power));
        PowerManagement.Connect(Bus);
        Add(new ResetControl(power)).Connect(Bus);
        Add(new KeyboardController(power)).Connect(Bus);
        PostCode = Add(new PostCodePort());
        PostCode.Connect(Bus);
        Add(new Uart16550("com1", Com1, Clock, router.CreateLine(Com1Interrupt), configuration.Serial)).Connect(Bus);
        if (configuration.SecondSerial is { } second)
        {
            Add(new Uart16550("com2", Com2, Clock, router.CreateLine(Com2Interrupt), second)).Connect(Bus);
        }

        if (configuration.TestDevices)
        {
            new TestExitPort(testExit).Connect(Bus);
            Add(new TestLatchPorts()).Connect(Bus);
            Add(new TestInterruptPorts(router)).Connect(Bus);
            Add(new TestMemoryLatch()).Connect(Bus);
            Add(new FirmwareConfiguration(configuration.ProcessorCount, configuration.MemorySize)).Connect(Bus);
        }

        DeviceServices services = new(Memory, Clock, Partition, Bus, router);
        if (remapping is not null)
        {
            remapping.InterruptsChanged = ioApic.RemappingChanged;
            Add(remapping).Connect(Bus);
            services = services with { Remapper = remapping };
        }

        try
        {
            PciHost pci = Add(new PciHost(services, takesByteAddresses: configuration.TestDevices));
            foreach (PciFunction function in pci.Functions)
            {
                Add(function);
            }

            foreach (VirtioDevice device in configuration.VirtioDevices)
            {
                pci.Add(Add(new VirtioPciFunction(services, device)));
            }

            if (configuration.TestDevices)
            {
                pci.Add(Add(new EduFunction(services)));
            }

            foreach (Func<DeviceServices, IDevice> create in configuration.Devices)
            {
                Add(create(services));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GuestMemory Memory { get; }

    public VmClock Clock { get; }

    public Partition Partition { get; }

    public MachineBus Bus { get; } = new();

    public AcpiPowerManagement PowerManagement { get; }

    public PostCodePort PostCode { get; }

    /// <summary>All devices, the interrupt controllers first.</summary>
    public IReadOnlyList<IDevice> Devices => _devices;

    /// <summary>Resets all devices; backwards, so that the controllers see the devices' lines released before they reset themselves.</summary>
    public void Reset()
    {
        for (int i = _devices.Count - 1; i >= 0; i--)
        {
            _devices[i].Reset();
        }
    }

    /// <summary>
    /// Connects the 8259A pair to the bootstrap processor as a PC's firmware does (virtual wire mode), for images that expect to
    /// be started by one.
    /// </summary>
    public void SetFirmwareInterrupts(ProcessorState bootstrap)
    {
        const int Spurious = 0xF0;
        const int Lint0 = 0x350;
        const int Lint1 = 0x360;
        _pic.SetFirmwareState();
        Put(Spurious, 0x1FF);
        Put(Lint0, 0x700);
        Put(Lint1, 0x400);

        void Put(int register, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bootstrap.LocalApic.AsSpan(register), value);
    }

    public void PauseDevices()
    {
        foreach (IDevice device in _devices)
        {
            device.Pause();
        }
    }

    public void ResumeDevices()
    {
        foreach (IDevice device in _devices)
        {
            device.Resume();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The clock first: its timers call into devices, and devices into the partition and memory.
        Clock.Dispose();
        foreach (IDevice device in _devices)
        {
            (device as IDisposable)?.Dispose();
        }

        Partition.Dispose();
        Memory.Dispose();
    }

    private T Add<T>(T device)
        where T : IDevice
    {
        _devices.Add(device);
        return device;
    }
}
