namespace Nestvisor.Engine.Software.State;

/// <summary>A guest exception on its way: returned by handlers as a value, never thrown.</summary>
internal struct PendingException
{
    /// <summary>Vector of a nested page fault, which is no exception but a #VMEXIT.</summary>
    public const byte NestedPageFault = 0xF0;

    public byte Vector;

    /// <summary>Whether an error code is pushed.</summary>
    public bool HasErrorCode;

    /// <summary>A trap: RIP is that of the next instruction.</summary>
    public bool IsTrap;

    public ulong ErrorCode;

    /// <summary>What goes into CR2 (#PF) or DR6 (#DB); the guest-physical address of a nested page fault.</summary>
    public ulong Payload;
}
