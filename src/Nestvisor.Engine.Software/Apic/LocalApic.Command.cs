namespace Nestvisor.Engine.Software.Apic;

/// <content>The interrupt command register (Intel SDM vol. 3 §11.6.1, §11.12.9).</content>
internal sealed partial class LocalApic
{
    private const uint CommandWritable = 0x000C_CFFF;
    private const uint CommandLogical = 1 << 11;
    private const uint CommandAssert = 1 << 14;
    private const uint CommandLevel = 1 << 15;

    private const uint Self = 1;
    private const uint AllIncludingSelf = 2;
    private const uint AllExcludingSelf = 3;

    private void SendCommand()
    {
        uint command = (uint)_interruptCommand;
        DeliveryMode mode = (DeliveryMode)((command >> 8) & 7);
        byte vector = (byte)command;

        // The level flag counts for INIT alone, whose de-assert only old APICs with arbitration ids heed.
        if (mode == DeliveryMode.Init && (command & (CommandLevel | CommandAssert)) == CommandLevel)
        {
            return;
        }

        if (mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority && vector < 16)
        {
            ReportError(SendIllegalVector);
            return;
        }

        switch ((command >> 18) & 3)
        {
            case Self:
                if (mode == DeliveryMode.Fixed)
                {
                    Post(vector, level: false);
                }
                else if (mode is DeliveryMode.Nmi or DeliveryMode.Smi or DeliveryMode.Init)
                {
                    Accept(mode, vector, level: false);
                }

                break;
            case AllIncludingSelf:
                _bus.Broadcast(null, mode, vector);
                break;
            case AllExcludingSelf:
                _bus.Broadcast(this, mode, vector);
                break;
            default:
                bool wide = Mode == ApicMode.X2Apic;
                uint destination = (uint)(_interruptCommand >> (wide ? 32 : 56));
                uint broadcast = wide ? uint.MaxValue : 0xFF;
                _bus.Deliver(destination, destination == broadcast, (command & CommandLogical) != 0, mode, vector, level: false);
                break;
        }
    }

    private void SendSelf(byte vector)
    {
        if (vector < 16)
        {
            ReportError(SendIllegalVector);
        }
        else
        {
            Post(vector, level: false);
        }
    }

    /// <summary>Whether a message's destination names this APIC. Any thread.</summary>
    /// <param name="destination">APIC id, or logical destination.</param>
    /// <param name="broadcast">The destination is the form's broadcast value.</param>
    /// <param name="logical">Logical destination mode.</param>
    internal bool Matches(uint destination, bool broadcast, bool logical)
    {
        ApicMode mode = Mode;
        if (mode == ApicMode.Disabled)
        {
            return false;
        }

        if (broadcast)
        {
            return true;
        }

        if (!logical)
        {
            return destination == Id;
        }

        uint own = Volatile.Read(ref _logicalDestination);
        if (mode == ApicMode.X2Apic)
        {
            return destination >> 16 == own >> 16 && (destination & own & 0xFFFF) != 0;
        }

        own >>= 24;
        return (Volatile.Read(ref _destinationFormat) >> 28) switch
        {
            0xF => (own & destination & 0xFF) != 0,
            0x0 => own >> 4 == ((destination >> 4) & 0xF) && (own & destination & 0xF) != 0,
            _ => false,
        };
    }
}
