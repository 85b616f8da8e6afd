using System.Buffers.Binary;

namespace Nestvisor.Devices.Virtio;

// The registers in the BAR: common configuration, ISR status, device configuration and notifications.
public sealed partial class VirtioPciFunction
{
    private ulong GetFeatureWord(uint select)
    {
        ulong features = _device.Features | VirtioFeature.Common;
        return select switch
        {
            0 => (uint)features,
            1 => features >> 32,
            _ => 0,
        };
    }

    private void ReadCommon(Span<byte> common)
    {
        lock (_registerLock)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(common[VirtioCommon.DeviceFeatureSelect..], _deviceFeatureSelect);
            BinaryPrimitives.WriteUInt32LittleEndian(common[VirtioCommon.DeviceFeature..], (uint)GetFeatureWord(_deviceFeatureSelect));
            BinaryPrimitives.WriteUInt32LittleEndian(common[VirtioCommon.DriverFeatureSelect..], _driverFeatureSelect);
            uint accepted = _driverFeatureSelect switch
            {
                0 => (uint)_driverFeatures,
                1 => (uint)(_driverFeatures >> 32),
                _ => 0,
            };
            BinaryPrimitives.WriteUInt32LittleEndian(common[VirtioCommon.DriverFeature..], accepted);
            BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.ConfigurationVector..], _configurationVector);
            BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.QueueCount..], (ushort)_queues.Length);
            common[VirtioCommon.DeviceStatus] = (byte)Volatile.Read(ref _status);
            common[VirtioCommon.ConfigurationGeneration] = (byte)Volatile.Read(ref _generation);
            BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.QueueSelect..], _queueSelect);
            if (_queueSelect < _queues.Length)
            {
                VirtioQueue queue = _queues[_queueSelect];
                BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.QueueSize..], queue.Size);
                BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.QueueVector..], _queueVectors[_queueSelect]);
                BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.QueueEnable..], queue.IsEnabled ? (ushort)1 : (ushort)0);
                BinaryPrimitives.WriteUInt16LittleEndian(common[VirtioCommon.QueueNotifyOffset..], _queueSelect);
                BinaryPrimitives.WriteUInt64LittleEndian(common[VirtioCommon.QueueDescriptors..], queue.DescriptorTable);
                BinaryPrimitives.WriteUInt64LittleEndian(common[VirtioCommon.QueueDriver..], queue.AvailableRing);
                BinaryPrimitives.WriteUInt64LittleEndian(common[VirtioCommon.QueueDevice..], queue.UsedRing);
            }
        }
    }

    private void WriteCommon(int offset, int size, ulong value)
    {
        lock (_registerLock)
        {
            switch (offset, size)
            {
                case (VirtioCommon.DeviceFeatureSelect, 4):
                    _deviceFeatureSelect = (uint)value;
                    break;
                case (VirtioCommon.DriverFeatureSelect, 4):
                    _driverFeatureSelect = (uint)value;
                    break;
                case (VirtioCommon.DriverFeature, 4):
                    WriteDriverFeatures((uint)value);
                    break;
                case (VirtioCommon.ConfigurationVector, 2):
                    Volatile.Write(ref _configurationVector, CheckVector((ushort)value));
                    break;
                case (VirtioCommon.DeviceStatus, 1):
                    SetStatus((byte)value);
                    break;
                case (VirtioCommon.QueueSelect, 2):
                    _queueSelect = (ushort)value;
                    break;
                default:
                    if (_queueSelect < _queues.Length)
                    {
                        WriteQueue(_queueSelect, offset, size, value);
                    }

                    break;
            }
        }
    }

    private void WriteDriverFeatures(uint value)
    {
        if ((_status & VirtioStatus.FeaturesOk) == 0 && _driverFeatureSelect < 2)
        {
            int shift = (int)_driverFeatureSelect * 32;
            _driverFeatures = (_driverFeatures & ~((ulong)uint.MaxValue << shift)) | ((ulong)value << shift);
        }
    }

    private void WriteQueue(int number, int offset, int size, ulong value)
    {
        VirtioQueue queue = _queues[number];
        if ((offset, size) == (VirtioCommon.QueueVector, 2))
        {
            Volatile.Write(ref _queueVectors[number], CheckVector((ushort)value));
            return;
        }

        // A queue in use does not move (§4.1.4.3.2); only a reset makes it changeable again.
        if (queue.IsEnabled || (_status & VirtioStatus.DriverOk) != 0)
        {
            return;
        }

        switch (offset, size)
        {
            case (VirtioCommon.QueueSize, 2):
                queue.Size = (ushort)value;
                break;
            case (VirtioCommon.QueueEnable, 2):
                queue.IsEnabled = value == 1;
                break;
            case ( >= VirtioCommon.QueueDescriptors and < VirtioCommon.QueueDriver, 4 or 8):
                queue.DescriptorTable = Merge(queue.DescriptorTable, offset, size, value);
                break;
            case ( >= VirtioCommon.QueueDriver and < VirtioCommon.QueueDevice, 4 or 8):
                queue.AvailableRing = Merge(queue.AvailableRing, offset, size, value);
                break;
            case ( >= VirtioCommon.QueueDevice and < VirtioCommon.Length, 4 or 8):
                queue.UsedRing = Merge(queue.UsedRing, offset, size, value);
                break;
        }
    }

    private static ulong Merge(ulong old, int offset, int size, ulong value) => (offset % 8, size) switch
    {
        (0, 8) => value,
        (0, 4) => (old & 0xFFFF_FFFF_0000_0000) | (uint)value,
        (4, 4) => (old & 0xFFFF_FFFF) | (value << 32),
        _ => old,
    };

    private sealed class Registers(VirtioPciFunction owner) : IMmioDevice
    {
        public void ReadMemory(ulong offset, Span<byte> data)
        {
            Span<byte> snapshot = stackalloc byte[VirtioPciLayout.MaxStructure];
            snapshot.Clear();
            int start = (int)(offset % VirtioPciLayout.Region);
            switch (offset / VirtioPciLayout.Region)
            {
                case VirtioPciLayout.CommonRegion:
                    owner.ReadCommon(snapshot);
                    break;
                case VirtioPciLayout.IsrRegion:
                    snapshot[0] = start == 0 ? owner.TakeIsr() : (byte)0;
                    break;
                case VirtioPciLayout.DeviceRegion:
                    owner._device.ReadConfiguration(snapshot[..owner._device.ConfigurationLength]);
                    break;
            }

            for (int i = 0; i < data.Length; i++)
            {
                data[i] = start + i < snapshot.Length ? snapshot[start + i] : (byte)0;
            }
        }

        public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
        {
            int start = (int)(offset % VirtioPciLayout.Region);
            switch (offset / VirtioPciLayout.Region)
            {
                case VirtioPciLayout.CommonRegion when data.Length is 1 or 2 or 4 or 8:
                    ulong value = 0;
                    for (int i = 0; i < data.Length; i++)
                    {
                        value |= (ulong)data[i] << (i * 8);
                    }

                    owner.WriteCommon(start, data.Length, value);
                    break;
                case VirtioPciLayout.NotifyRegion:
                    int queue = start / VirtioPciLayout.NotifyMultiplier;
                    if (queue < owner._queues.Length)
                    {
                        owner.Wake(queue);
                    }

                    break;
            }
        }
    }
}
