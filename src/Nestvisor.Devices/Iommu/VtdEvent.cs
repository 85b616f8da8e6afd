using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>
/// One of the unit's own interrupts: control, data and address registers (VT-d 3.3 §10.4.10 to §10.4.12, §10.4.25 to §10.4.27). Such
/// a message is not remapped (§7.3).
/// </summary>
/// <param name="registers">The unit's registers.</param>
/// <param name="partition">Takes the message.</param>
/// <param name="control">Offset of the control register, which data and address follow.</param>
internal sealed class VtdEvent(VtdRegisters registers, Partition partition, int control)
{
    /// <summary>There is a first cause.</summary>
    public void Raise()
    {
        registers[control] |= VtdRegister.EventPending;
        Update();
    }

    /// <summary>The last cause is gone.</summary>
    public void Settle() => registers[control] &= ~VtdRegister.EventPending;

    /// <summary>Sends what is pending and not masked.</summary>
    public void Update()
    {
        if ((registers[control] & (VtdRegister.EventMasked | VtdRegister.EventPending)) == VtdRegister.EventPending)
        {
            registers[control] &= ~VtdRegister.EventPending;
            MsiMessage message = new(registers[control + 8], registers[control + 4]);
            if (InterruptTable.IsMessage(message.Address))
            {
                partition.SendMessage(message);
            }
        }
    }
}
