namespace Nestvisor.X64.Svm;

/// <summary>EVENTINJ and EXITINTINFO (AMD APM vol. 2 §15.20, §15.7.2).</summary>
public static class SvmEvent
{
    /// <summary>Vector.</summary>
    public const ulong VectorMask = 0xFFUL;

    /// <summary>Type.</summary>
    public const ulong TypeMask = 7UL << 8;

    /// <summary>Type: external or virtual interrupt.</summary>
    public const ulong TypeInterrupt = 0UL << 8;

    /// <summary>Type: NMI.</summary>
    public const ulong TypeNmi = 2UL << 8;

    /// <summary>Type: exception.</summary>
    public const ulong TypeException = 3UL << 8;

    /// <summary>Type: software interrupt (INT n).</summary>
    public const ulong TypeSoftware = 4UL << 8;

    /// <summary>EV: an error code is pushed.</summary>
    public const ulong ErrorCodeValid = 1UL << 11;

    /// <summary>V: the field holds an event.</summary>
    public const ulong Valid = 1UL << 31;

    /// <summary>Position of the error code.</summary>
    public const int ErrorCodeShift = 32;
}
