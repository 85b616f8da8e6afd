using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Pci;

/// <summary>The host bridge at 00:00.0. It has no registers beyond its header.</summary>
internal sealed class HostBridge() : PciFunction("host-bridge", new PciIdentity(0x1B36, 0x0008, 0x06_0000, 0, 0x1AF4, 0x1100))
{
    protected override void ResetRegisters()
    {
    }

    protected override void SaveRegisters(StateWriter writer)
    {
    }

    protected override void RestoreRegisters(StateReader reader)
    {
    }
}
