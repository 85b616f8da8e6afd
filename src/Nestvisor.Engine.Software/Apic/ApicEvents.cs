namespace Nestvisor.Engine.Software.Apic;

/// <summary>
/// Events that reach the processor through its local APIC but not as vectors. <see cref="Init"/> comes before
/// <see cref="StartUp"/> when both are there: an INIT drops a start-up that came earlier.
/// </summary>
/// <param name="Word">The posted word.</param>
internal readonly record struct ApicEvents(int Word)
{
    public const int InitBit = 1;
    public const int StartUpBit = 2;
    public const int SmiBit = 4;
    public const int NmiUnit = 0x10;
    public const int NmiMask = 0x30;
    public const int StartUpVectorShift = 8;
    public const int StartUpMask = StartUpBit | (0xFF << StartUpVectorShift);

    /// <summary>Nothing is posted.</summary>
    public bool IsEmpty => Word == 0;

    /// <summary>An INIT.</summary>
    public bool Init => (Word & InitBit) != 0;

    /// <summary>An SMI. There is no system-management mode, but a hypervisor can intercept it.</summary>
    public bool Smi => (Word & SmiBit) != 0;

    /// <summary>A start-up IPI.</summary>
    public bool StartUp => (Word & StartUpBit) != 0;

    /// <summary>Its vector: execution starts at vector * 4096 in real mode.</summary>
    public byte StartUpVector => (byte)(Word >> StartUpVectorShift);

    /// <summary>Number of NMIs, at most 2: one to be delivered and one latched behind it.</summary>
    public int NmiCount => (Word & NmiMask) / NmiUnit;
}
