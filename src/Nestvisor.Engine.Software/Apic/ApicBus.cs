using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Apic;

/// <summary>
/// Carries interrupt messages between the local APICs of a partition, and from devices to them. Any thread may send; nothing
/// locks or allocates once all processors are attached.
/// </summary>
internal sealed class ApicBus
{
    private LocalApic[] _apics = [];
    private int _turn;

    /// <summary>Adds an APIC. Only while the partition is put together.</summary>
    /// <param name="apic">The APIC.</param>
    public void Attach(LocalApic apic) => _apics = [.. _apics, apic];

    /// <summary>Sends a message-signalled interrupt.</summary>
    /// <param name="message">The message.</param>
    public void Send(MsiMessage message)
    {
        DeliveryMode mode = (DeliveryMode)message.DeliveryMode;

        // A level-triggered message with the assert bit (14) clear ends a request; the IRR holds what has come.
        if (!message.LevelTriggered || (message.Data & 0x4000) != 0)
        {
            uint destination = message.Destination;
            Deliver(destination, destination == 0xFF, message.LogicalDestination, mode, message.Vector, message.LevelTriggered);
        }
    }

    /// <summary>Sends to a destination.</summary>
    /// <param name="destination">APIC id, or logical destination.</param>
    /// <param name="broadcast">It is the broadcast value of the sender's form.</param>
    /// <param name="logical">Logical destination mode.</param>
    /// <param name="mode">Delivery mode.</param>
    /// <param name="vector">Vector.</param>
    /// <param name="level">Level triggered.</param>
    public void Deliver(uint destination, bool broadcast, bool logical, DeliveryMode mode, byte vector, bool level)
    {
        if (mode == DeliveryMode.LowestPriority)
        {
            Arbitrate(destination, broadcast, logical)?.Accept(mode, vector, level);
            return;
        }

        foreach (LocalApic apic in _apics)
        {
            if (apic.Matches(destination, broadcast, logical))
            {
                apic.Accept(mode, vector, level);
            }
        }
    }

    /// <summary>Sends to all, or to all others (ICR shorthands).</summary>
    /// <param name="except">The sender, if it is to be left out.</param>
    /// <param name="mode">Delivery mode.</param>
    /// <param name="vector">Vector.</param>
    public void Broadcast(LocalApic? except, DeliveryMode mode, byte vector)
    {
        foreach (LocalApic apic in _apics)
        {
            if (apic != except)
            {
                apic.Accept(mode, vector, level: false);
            }
        }
    }

    // Intel SDM vol. 3 §11.6.2.4. Among equals it goes round, so that no processor carries all interrupts.
    private LocalApic? Arbitrate(uint destination, bool broadcast, bool logical)
    {
        LocalApic[] apics = _apics;
        LocalApic? best = null;
        uint start = (uint)Interlocked.Increment(ref _turn);
        for (uint i = 0; i < apics.Length; i++)
        {
            LocalApic apic = apics[(start + i) % (uint)apics.Length];
            if (apic.Matches(destination, broadcast, logical) && apic.AcceptsFixed
                && (best is null || apic.ProcessorPriority < best.ProcessorPriority))
            {
                best = apic;
            }
        }

        return best;
    }
}
