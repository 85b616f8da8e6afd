using Nestvisor.Devices.Serial;
using Nestvisor.Devices.Virtio;
using Nestvisor.Machine.Boot;
using Nestvisor.Storage;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Machine;

/// <summary>Composes a machine from what a command line holds: for debugging, for samples and for tests.</summary>
public static class SimpleMachine
{
    /// <summary>Composes a machine with an entropy device and, as told, disks.</summary>
    /// <param name="engine">Makes the partition.</param>
    /// <param name="profile">What CPUID says.</param>
    /// <param name="boot">What it boots.</param>
    /// <param name="memorySize">Bytes of RAM.</param>
    /// <param name="processors">Number of processors.</param>
    /// <param name="serial">The host's end of COM1.</param>
    /// <param name="disks">Disk files, whose extensions say their formats, with whether each is read-only.</param>
    /// <param name="testDevices">
    /// Whether it has kvm-unit-tests' devices. Then a reset or a triple fault ends the machine, since for a test both are failures.
    /// </param>
    /// <returns>The machine, not started.</returns>
    /// <exception cref="BootImageException">What it boots is missing, is no kernel or does not fit.</exception>
    /// <exception cref="DiskException">A disk cannot be used.</exception>
    public static PcMachine Create(
        Func<GuestMemory, VmClock, CpuProfile, int, Partition> engine,
        CpuProfile profile,
        BootConfiguration boot,
        ulong memorySize,
        int processors,
        ISerialBackend serial,
        IReadOnlyList<(string Path, bool ReadOnly)> disks,
        bool testDevices = false)
    {
        ArgumentNullException.ThrowIfNull(disks);
        List<VirtioDevice> devices = [];
        try
        {
            for (int i = 0; i < disks.Count; i++)
            {
                devices.Add(new VirtioBlock(VirtualDisk.Open(disks[i].Path, disks[i].ReadOnly), $"disk{i}"));
            }

            devices.Add(new VirtioEntropy());
            GuestResetAction onFailure = testDevices ? GuestResetAction.End : GuestResetAction.Reset;
            return new PcMachine(new PcMachineConfiguration
            {
                MemorySize = memorySize,
                ProcessorCount = processors,
                Profile = profile,
                Engine = engine,
                Boot = boot,
                Serial = serial,
                VirtioDevices = devices,
                TestDevices = testDevices,
                OnReset = onFailure,
                OnTripleFault = onFailure,
            });
        }
        catch
        {
            foreach (VirtioDevice device in devices)
            {
                device.Dispose();
            }

            throw;
        }
    }
}
