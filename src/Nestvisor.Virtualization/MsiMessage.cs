namespace Nestvisor.Virtualization;

/// <summary>A message-signalled interrupt as it travels to the local APICs (Intel SDM vol. 3 §11.11).</summary>
/// <param name="Address">Address of the write, 0xFEExxxxx.</param>
/// <param name="Data">Data of the write: vector, delivery mode, trigger mode, level.</param>
public readonly record struct MsiMessage(ulong Address, uint Data)
{
    /// <summary>Builds a message.</summary>
    /// <param name="destination">APIC id or logical mask.</param>
    /// <param name="logical">Logical destination mode.</param>
    /// <param name="vector">Interrupt vector.</param>
    /// <param name="deliveryMode">0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT.</param>
    /// <param name="levelTriggered">Level rather than edge triggered.</param>
    /// <returns>The message.</returns>
    public static MsiMessage Create(byte destination, bool logical, byte vector, int deliveryMode, bool levelTriggered) =>
        new(0xFEE0_0000UL | ((ulong)destination << 12) | (logical ? 4UL : 0UL),
            vector | ((uint)deliveryMode << 8) | (levelTriggered ? 0xC000u : 0u));

    /// <summary>Destination field (bits 19:12 of the address).</summary>
    public byte Destination => (byte)(Address >> 12);

    /// <summary>Whether the destination is logical.</summary>
    public bool LogicalDestination => (Address & 4) != 0;

    /// <summary>Interrupt vector.</summary>
    public byte Vector => (byte)Data;

    /// <summary>Delivery mode, bits 10:8 of the data.</summary>
    public int DeliveryMode => (int)(Data >> 8) & 7;

    /// <summary>Whether the interrupt is level triggered.</summary>
    public bool LevelTriggered => (Data & 0x8000) != 0;
}
