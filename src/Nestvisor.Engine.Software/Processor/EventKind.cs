namespace Nestvisor.Engine.Software;

/// <summary>Kind of an event on its way to the guest, numbered as in the VMCB's EVENTINJ (AMD APM vol. 2 §15.20).</summary>
internal enum EventKind
{
    /// <summary>External interrupt.</summary>
    Interrupt = 0,

    /// <summary>Non-maskable interrupt.</summary>
    Nmi = 2,

    /// <summary>Exception, INT3 and INTO included.</summary>
    Exception = 3,

    /// <summary>INT n.</summary>
    SoftwareInterrupt = 4,
}
