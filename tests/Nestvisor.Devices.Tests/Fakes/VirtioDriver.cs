using System.Buffers.Binary;
using System.Diagnostics;
using Nestvisor.Devices.Virtio;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>Plays the guest's driver of a virtio function: finds its structures in PCI, negotiates, and sets up queues.</summary>
internal sealed class VirtioDriver
{
    public const byte Vector = 0x50;

    private readonly Dictionary<int, ulong> _structures = [];
    private uint _notifyMultiplier;

    public VirtioDriver(TestPc pc, int device)
    {
        Pc = pc;
        Device = device;
        pc.WriteConfiguration(device, 4, 0x0006, 2);
        for (int at = pc.FindCapability(device, 9); at != 0; at = pc.FindCapability(device, 9, at))
        {
            int type = (int)pc.ReadConfiguration(device, at + 3, 1);
            if (type is >= 1 and <= 4)
            {
                int bar = (int)pc.ReadConfiguration(device, at + 4, 1);
                _structures[type] = pc.ReadBar(device, bar) + pc.ReadConfiguration(device, at + 8);
            }

            if (type == 2)
            {
                _notifyMultiplier = pc.ReadConfiguration(device, at + 16);
            }
        }
    }

    public TestPc Pc { get; }

    public int Device { get; }

    public ulong Common => _structures[1];

    public ulong Notification => _structures[2];

    public ulong DeviceConfiguration => _structures[4];

    public ulong Features { get; private set; }

    public int Status => (int)Read(VirtioCommon.DeviceStatus, 1);

    public bool NeedsReset => (Status & VirtioStatus.NeedsReset) != 0;

    public ulong Read(int offset, int size) => Pc.ReadMmio(Common + (ulong)offset, size);

    public void Write(int offset, int size, ulong value) => Pc.WriteMmio(Common + (ulong)offset, size, value);

    public byte ReadIsr() => (byte)Pc.ReadMmio(_structures[3], 1);

    public ulong ReadOffered()
    {
        Write(VirtioCommon.DeviceFeatureSelect, 4, 0);
        ulong low = Read(VirtioCommon.DeviceFeature, 4);
        Write(VirtioCommon.DeviceFeatureSelect, 4, 1);
        return low | (Read(VirtioCommon.DeviceFeature, 4) << 32);
    }

    /// <summary>Resets the device and negotiates up to FEATURES_OK.</summary>
    /// <returns>Whether the device took the features.</returns>
    public bool Negotiate(ulong wanted = ulong.MaxValue, bool exactly = false)
    {
        Write(VirtioCommon.DeviceStatus, 1, 0);
        Assert.Equal(0, Status);
        Write(VirtioCommon.DeviceStatus, 1, VirtioStatus.Acknowledge);
        Write(VirtioCommon.DeviceStatus, 1, VirtioStatus.Acknowledge | VirtioStatus.Driver);
        Features = exactly ? wanted : wanted & ReadOffered();
        Write(VirtioCommon.DriverFeatureSelect, 4, 0);
        Write(VirtioCommon.DriverFeature, 4, (uint)Features);
        Write(VirtioCommon.DriverFeatureSelect, 4, 1);
        Write(VirtioCommon.DriverFeature, 4, Features >> 32);
        Write(VirtioCommon.DeviceStatus, 1, VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.FeaturesOk);
        return (Status & VirtioStatus.FeaturesOk) != 0;
    }

    /// <summary>Switches MSI-X on with vector <see cref="Vector"/> + n for entry n.</summary>
    public void EnableMsix()
    {
        int capability = Pc.FindCapability(Device, 0x11);
        uint control = Pc.ReadConfiguration(Device, capability + 2, 2);
        ulong table = Pc.ReadBar(Device, (int)Pc.ReadConfiguration(Device, capability + 4) & 7);
        for (uint i = 0; i <= (control & 0x7FF); i++)
        {
            MsiMessage message = MsiMessage.Create(0, false, (byte)(Vector + i), 0, false);
            Pc.WriteMmio(table + (i * 16), 4, message.Address);
            Pc.WriteMmio(table + (i * 16) + 4, 4, 0);
            Pc.WriteMmio(table + (i * 16) + 8, 4, message.Data);
            Pc.WriteMmio(table + (i * 16) + 12, 4, 0);
        }

        Pc.WriteConfiguration(Device, capability + 2, control | 0x8000, 2);
        Write(VirtioCommon.ConfigurationVector, 2, 0);
    }

    /// <summary>Lays out a queue in memory and enables it, with MSI-X entry number + 1 if there is MSI-X.</summary>
    public GuestQueue CreateQueue(int number, ulong memory, ushort size)
    {
        Write(VirtioCommon.QueueSelect, 2, (ulong)number);
        GuestQueue queue = new(Pc, memory, size, Features, Notification + (Read(VirtioCommon.QueueNotifyOffset, 2) * _notifyMultiplier));
        Write(VirtioCommon.QueueSize, 2, size);
        Write(VirtioCommon.QueueVector, 2, (ulong)number + 1);
        Write(VirtioCommon.QueueDescriptors, 8, queue.Descriptors);
        Write(VirtioCommon.QueueDriver, 4, queue.Available);
        Write(VirtioCommon.QueueDriver + 4, 4, 0);
        Write(VirtioCommon.QueueDevice, 8, queue.Used);
        Write(VirtioCommon.QueueEnable, 2, 1);
        return queue;
    }

    public void Start() => Write(VirtioCommon.DeviceStatus, 1, (ulong)Status | VirtioStatus.DriverOk);

    /// <summary>Waits until the device asks for a reset.</summary>
    public void WaitForNeedsReset() => WaitFor(() => NeedsReset, "the device to ask for a reset");

    public static void WaitFor(Func<bool> condition, string what)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"Waited in vain for {what}.");
            Thread.Yield();
        }
    }

    public byte[] ReadDeviceConfiguration(int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(i), (uint)Pc.ReadMmio(DeviceConfiguration + (ulong)i, 4));
        }

        return data;
    }
}
