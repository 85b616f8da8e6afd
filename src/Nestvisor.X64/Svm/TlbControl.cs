namespace Nestvisor.X64.Svm;

/// <summary>Values of TLB_CONTROL (AMD APM vol. 2 §15.16.1).</summary>
public static class TlbControl
{
    /// <summary>Nothing is flushed.</summary>
    public const byte DoNothing = 0;

    /// <summary>All entries of all ASIDs.</summary>
    public const byte FlushAll = 1;

    /// <summary>All entries of this guest's ASID.</summary>
    public const byte FlushGuest = 3;

    /// <summary>This guest's entries that are not global.</summary>
    public const byte FlushGuestNonGlobal = 7;
}
