using Nestvisor.Devices.Pci;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// Puts a virtio device on PCI (virtio 1.2 §4.1, without the legacy interface). Registers are served on the virtual
/// processors' threads; queues are worked on by threads of the device's own.
/// </summary>
public sealed partial class VirtioPciFunction : PciFunction, IVirtioTransport
{
    private const int MsixBar = 1;
    private const int RegisterBar = 4;
    private const byte IsrQueue = 1;
    private const byte IsrConfiguration = 2;
    private const ushort NoVector = 0xFFFF;
    private const int RequestsATurn = 64;

    private readonly Partition _partition;
    private readonly VirtioDevice _device;
    private readonly VirtioQueue[] _queues;
    private readonly ushort[] _queueVectors;
    private readonly IDisposable?[] _doorbells;
    private readonly ulong[] _doorbellAddresses;
    private readonly EventDescriptor[] _bells;
    private readonly VirtioWorker[] _workers;
    private readonly MsixTable _msix;
    private readonly PciBar _bar;
    private readonly Lock _registerLock = new();
    private readonly Lock _doorbellLock = new();
    private readonly Lock _isrLock = new();
    private readonly VirtioConfigurationWindow _window;
    private ulong _driverFeatures;
    private uint _deviceFeatureSelect;
    private uint _driverFeatureSelect;
    private ushort _queueSelect;
    private ushort _configurationVector = NoVector;
    private int _status;
    private int _generation;
    private byte _isr;
    private bool _paused;

    /// <summary>Puts a device on PCI. It is not on a bus before <see cref="PciHost.Add(PciFunction)"/>.</summary>
    /// <param name="services">The machine.</param>
    /// <param name="device">The device; disposed with the function.</param>
    public VirtioPciFunction(DeviceServices services, VirtioDevice device)
        : base(device.Name, VirtioPciLayout.GetIdentity(device))
    {
        _partition = services.Partition;
        Memory = services.Memory;
        _device = device;
        ReadOnlySpan<ushort> sizes = device.QueueSizes;
        _queues = new VirtioQueue[sizes.Length];
        _queueVectors = new ushort[sizes.Length];
        _doorbells = new IDisposable?[sizes.Length];
        _doorbellAddresses = new ulong[sizes.Length];
        _bells = new EventDescriptor[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            _queues[i] = new VirtioQueue(Memory, i, sizes[i], InterruptQueue);
            _bells[i] = new EventDescriptor();
        }

        AddInterruptPin();
        _msix = AddMsix(MsixBar, sizes.Length + 1, services.Partition);
        _bar = AddBar(RegisterBar, VirtioPciLayout.Size, is64Bit: true, new Registers(this));
        foreach (VirtioPciStructure structure in VirtioPciLayout.GetStructures(device))
        {
            AddCapability(VirtioPciLayout.VendorCapability, structure.ToCapability(RegisterBar));
        }

        _window = new VirtioConfigurationWindow(
            AddCapability(VirtioPciLayout.VendorCapability, VirtioConfigurationWindow.Body, VirtioConfigurationWindow.Writable),
            RegisterBar,
            _bar.Target);
        _queueVectors.AsSpan().Fill(NoVector);
        _workers = new VirtioWorker[device.WorkerCount];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new VirtioWorker(device.Name, Work);
        }

        device.Attach(this);
        for (int i = 0; i < _queues.Length; i++)
        {
            WorkerOf(i).Watch(_bells[i].Value, 1UL << i);
            if (device.GetDescriptor(i) is >= 0 and int descriptor)
            {
                WorkerOf(i).Watch(descriptor, 1UL << i);
            }
        }

        foreach (VirtioWorker worker in _workers)
        {
            worker.Start();
        }
    }

    /// <inheritdoc/>
    public GuestMemory Memory { get; }

    private bool IsRunning => (Volatile.Read(ref _status) & (VirtioStatus.DriverOk | VirtioStatus.NeedsReset)) == VirtioStatus.DriverOk;

    /// <inheritdoc/>
    public void Wake(int queue) => WorkerOf(queue).Wake(1UL << queue);

    /// <inheritdoc/>
    public void ConfigurationChanged()
    {
        Interlocked.Increment(ref _generation);
        if ((Volatile.Read(ref _status) & VirtioStatus.DriverOk) != 0)
        {
            Interrupt(Volatile.Read(ref _configurationVector), IsrConfiguration);
        }
    }

    /// <inheritdoc/>
    public override void Pause()
    {
        if (!_paused)
        {
            _paused = true;
            Hold();
        }
    }

    /// <inheritdoc/>
    public override void Resume()
    {
        if (_paused)
        {
            _paused = false;
            Release();
            WakeAll();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        RemoveDoorbells();
        foreach (VirtioWorker worker in _workers)
        {
            worker.Stop();
        }

        // The device's outside may wake the workers until the device is gone, and they use its descriptors until they have stopped.
        _device.Dispose();
        foreach (VirtioWorker worker in _workers)
        {
            worker.Dispose();
        }

        foreach (EventDescriptor bell in _bells)
        {
            bell.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override void ResetRegisters()
    {
        lock (_registerLock)
        {
            ResetDevice();
        }
    }

    /// <inheritdoc/>
    protected override void SaveRegisters(StateWriter writer)
    {
        Hold();
        try
        {
            writer.Write(1, (uint)_status);
            writer.Write(2, _driverFeatures);
            writer.Write(3, _deviceFeatureSelect);
            writer.Write(4, _driverFeatureSelect);
            writer.Write(5, _queueSelect);
            writer.Write(6, _configurationVector);
            writer.Write(7, (uint)_generation);
            writer.Write(8, _isr);
            writer.WritePart(9, _device.Save);
            for (int i = 0; i < _queues.Length; i++)
            {
                writer.Write((ushort)(100 + i), _queueVectors[i]);
                writer.WritePart((ushort)(200 + i), _queues[i].Save);
            }
        }
        finally
        {
            Release();
        }
    }

    /// <inheritdoc/>
    protected override void RestoreRegisters(StateReader reader)
    {
        // Memory may be restored after the devices: nothing is worked on before Resume.
        Pause();
        ResetDevice();
        int status = (int)reader.ReadUInt64(1);
        ulong features = reader.ReadUInt64(2);
        if ((status & ~(VirtioStatus.Writable | VirtioStatus.NeedsReset)) != 0
            || ((status & VirtioStatus.FeaturesOk) != 0 && !AreAcceptable(features)))
        {
            throw new InvalidDataException($"The saved state of {StateName} has features or a status that this device cannot have.");
        }

        _driverFeatures = features;
        _deviceFeatureSelect = (uint)reader.ReadUInt64(3);
        _driverFeatureSelect = (uint)reader.ReadUInt64(4);
        _queueSelect = (ushort)reader.ReadUInt64(5);
        _configurationVector = CheckVector((ushort)reader.ReadUInt64(6, NoVector));
        _generation = (int)reader.ReadUInt64(7);
        byte isr = (byte)reader.ReadUInt64(8);
        for (int i = 0; i < _queues.Length; i++)
        {
            _queueVectors[i] = CheckVector((ushort)reader.ReadUInt64((ushort)(100 + i), NoVector));
            StateReader part = reader.ReadPart((ushort)(200 + i));
            _queues[i].Restore(part);
            part.End();
        }

        if ((status & VirtioStatus.DriverOk) != 0)
        {
            bool startable = true;
            foreach (VirtioQueue queue in _queues)
            {
                startable &= !queue.IsEnabled || queue.TryStart(features);
            }

            if (!startable && (status & VirtioStatus.NeedsReset) == 0)
            {
                throw new InvalidDataException($"The saved state of {StateName} has rings outside memory.");
            }

            _device.Start(features);
            _status = status;
            AddDoorbells();
        }

        StateReader device = reader.ReadPart(9);
        _device.Restore(device);
        device.End();
        _status = status;
        lock (_isrLock)
        {
            _isr = isr;
            SetPin(isr != 0);
        }
    }

    private protected override void BarMoved(PciBar bar)
    {
        if (bar == _bar && IsRunning)
        {
            RemoveDoorbells();
            AddDoorbells();
        }
    }

    private protected override void BeforeConfigurationRead(int offset, int size)
    {
        if (_window.IsData(offset, size))
        {
            _window.Read(GetConfiguration(_window.Offset, VirtioConfigurationWindow.Length));
        }
    }

    private protected override void AfterConfigurationWrite(int offset, int size)
    {
        if (_window.IsData(offset, size))
        {
            _window.Write(GetConfiguration(_window.Offset, VirtioConfigurationWindow.Length));
        }

        if (IsBusMaster && IsRunning)
        {
            WakeAll();
        }
    }

    private VirtioWorker WorkerOf(int queue) => _workers[_device.GetWorker(queue)];

    private void WakeAll()
    {
        for (int i = 0; i < _queues.Length; i++)
        {
            Wake(i);
        }
    }

    private void Hold()
    {
        foreach (VirtioWorker worker in _workers)
        {
            worker.Hold();
        }
    }

    private void Release()
    {
        foreach (VirtioWorker worker in _workers)
        {
            worker.Release();
        }
    }

    private void Work(VirtioWorker worker, ulong queues)
    {
        for (int i = 0; i < _queues.Length; i++)
        {
            ulong bit = 1UL << i;
            if ((queues & bit) != 0)
            {
                queues &= ~bit;
                if (!WorkOn(_queues[i], worker))
                {
                    // What is left stays pending.
                    worker.Keep(bit);
                    if (worker.IsHoldRequested)
                    {
                        worker.Keep(queues);
                        return;
                    }
                }
            }
        }
    }

    // Returns false if something is left: a hold was asked for, or the other queues have waited long enough.
    private bool WorkOn(VirtioQueue queue, VirtioWorker worker)
    {
        if (!queue.IsEnabled)
        {
            return true;
        }

        bool suppressed = false;
        for (int turn = 0; IsRunning && IsBusMaster; turn++)
        {
            if (turn == RequestsATurn || worker.IsHoldRequested)
            {
                return false;
            }

            if (!suppressed)
            {
                queue.SuppressNotifications();
                suppressed = true;
            }

            VirtioProgress progress = _device.Process(queue);
            if (queue.IsBroken)
            {
                Break();
                return true;
            }

            if (progress == VirtioProgress.NoInput)
            {
                return true;
            }

            if (progress == VirtioProgress.NoRequest)
            {
                if (!queue.RequestNotifications())
                {
                    return true;
                }

                suppressed = false;
            }
        }

        return true;
    }

    // The driver broke the rules: the device stops until it is reset (virtio 1.2 §2.1.2).
    private void Break()
    {
        Interlocked.Or(ref _status, VirtioStatus.NeedsReset);
        ConfigurationChanged();
    }

    private void InterruptQueue(VirtioQueue queue) => Interrupt(Volatile.Read(ref _queueVectors[queue.Index]), IsrQueue);

    private void Interrupt(ushort vector, byte isrBit)
    {
        if (_msix.Signal(vector))
        {
            return;
        }

        lock (_isrLock)
        {
            _isr |= isrBit;
            SetPin(true);
        }
    }

    private byte TakeIsr()
    {
        lock (_isrLock)
        {
            byte isr = _isr;
            _isr = 0;
            SetPin(false);
            return isr;
        }
    }

    private bool AreAcceptable(ulong features) =>
        (features & ~(_device.Features | VirtioFeature.Common)) == 0 && (features & VirtioFeature.Version1) != 0;

    private ushort CheckVector(ushort vector) => vector < _msix.Vectors ? vector : NoVector;

    private void SetStatus(byte value)
    {
        if (value == 0)
        {
            ResetDevice();
            return;
        }

        // Bits are only ever added; a driver takes them away by a reset.
        int added = value & VirtioStatus.Writable & ~_status;
        if ((added & VirtioStatus.FeaturesOk) != 0 && !AreAcceptable(_driverFeatures))
        {
            added &= ~VirtioStatus.FeaturesOk;
        }

        bool starts = (added & VirtioStatus.DriverOk) != 0;
        if (starts && ((_status | added) & VirtioStatus.FeaturesOk) == 0)
        {
            added &= ~VirtioStatus.DriverOk;
            starts = false;
        }

        if (starts)
        {
            Start(added);
        }
        else
        {
            Interlocked.Or(ref _status, added);
        }
    }

    private void Start(int added)
    {
        Hold();
        bool startable = true;
        foreach (VirtioQueue queue in _queues)
        {
            startable &= !queue.IsEnabled || queue.TryStart(_driverFeatures);
        }

        _device.Start(_driverFeatures);
        Interlocked.Or(ref _status, added);
        if (startable)
        {
            AddDoorbells();
        }
        else
        {
            Break();
        }

        Release();
        WakeAll();
    }

    private void ResetDevice()
    {
        Hold();
        bool started = (Interlocked.Exchange(ref _status, 0) & VirtioStatus.DriverOk) != 0;
        if (started)
        {
            RemoveDoorbells();
            _device.Stop();
        }

        _driverFeatures = 0;
        _deviceFeatureSelect = 0;
        _driverFeatureSelect = 0;
        _queueSelect = 0;
        _configurationVector = NoVector;
        _queueVectors.AsSpan().Fill(NoVector);
        foreach (VirtioQueue queue in _queues)
        {
            queue.Reset();
        }

        _ = TakeIsr();
        Release();
    }

    private void AddDoorbells()
    {
        lock (_doorbellLock)
        {
            ulong address = _bar.Address;
            if (address != 0 && IsRunning)
            {
                for (int i = 0; i < _queues.Length; i++)
                {
                    ulong doorbell = VirtioPciLayout.GetDoorbell(address, i);
                    if (_doorbells[i] is null && DoorbellAddresses?.TryTake(doorbell) == true)
                    {
                        _doorbells[i] = _partition.RegisterDoorbell(doorbell, _bells[i]);
                        _doorbellAddresses[i] = doorbell;
                    }
                }
            }
        }
    }

    private void RemoveDoorbells()
    {
        lock (_doorbellLock)
        {
            for (int i = 0; i < _doorbells.Length; i++)
            {
                if (_doorbells[i] is { } doorbell)
                {
                    doorbell.Dispose();
                    _doorbells[i] = null;
                    DoorbellAddresses?.Release(_doorbellAddresses[i]);
                }
            }
        }
    }
}
