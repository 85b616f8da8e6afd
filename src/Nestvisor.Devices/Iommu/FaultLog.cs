namespace Nestvisor.Devices.Iommu;

/// <summary>Primary fault logging: the recording registers are a ring, the status register tells the first of them (VT-d 3.3 §7.2.1).</summary>
/// <param name="registers">The unit's registers.</param>
/// <param name="faultEvent">The fault event.</param>
internal sealed class FaultLog(VtdRegisters registers, VtdEvent faultEvent)
{
    /// <summary>Which recording register comes next.</summary>
    public int Next { get; set; }

    /// <summary>Records a blocked request.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="requester">Whose.</param>
    /// <param name="information">Page of a memory request, or an interrupt's index in bits 63:48.</param>
    /// <param name="read">Whether it is a read of memory.</param>
    public void Record(VtdFaultReason reason, ushort requester, ulong information, bool read)
    {
        uint status = registers[VtdRegister.FaultStatus];
        if ((status & VtdRegister.FaultOverflow) != 0)
        {
            return;
        }

        int record = VtdRegister.FaultRecords + (Next * 16);
        if ((registers[record + 12] & VtdRegister.RecordFault) != 0)
        {
            Set(VtdRegister.FaultOverflow);
            return;
        }

        registers.Set64(record, information & ~0xFFFUL);
        registers[record + 8] = requester;
        registers[record + 12] = VtdRegister.RecordFault | (read ? VtdRegister.RecordRead : 0) | (uint)reason;
        if ((status & VtdRegister.FaultPending) == 0)
        {
            registers[VtdRegister.FaultStatus] =
                (status & (VtdRegister.FaultOverflow | VtdRegister.QueueError)) | ((uint)Next << VtdRegister.FaultIndexShift);
        }

        Next = (Next + 1) % VtdRegister.FaultRecordCount;
        Set(VtdRegister.FaultPending, status);
    }

    /// <summary>Sets a cause; the first one raises the event (§7.3).</summary>
    public void Set(uint cause) => Set(cause, registers[VtdRegister.FaultStatus]);

    /// <summary>Software has cleared something.</summary>
    public void Update()
    {
        uint pending = 0;
        for (int i = 0; i < VtdRegister.FaultRecordCount; i++)
        {
            pending |= registers[VtdRegister.FaultRecords + (i * 16) + 12] & VtdRegister.RecordFault;
        }

        uint status = registers[VtdRegister.FaultStatus];
        status = pending == 0 ? status & ~VtdRegister.FaultPending : status | VtdRegister.FaultPending;
        registers[VtdRegister.FaultStatus] = status;
        if ((status & VtdRegister.FaultCauses) == 0)
        {
            faultEvent.Settle();
        }
    }

    private void Set(uint cause, uint before)
    {
        registers[VtdRegister.FaultStatus] |= cause;
        if ((before & VtdRegister.FaultCauses) == 0)
        {
            faultEvent.Raise();
        }
    }
}
