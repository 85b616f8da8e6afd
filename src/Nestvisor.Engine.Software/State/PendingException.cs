namespace Nestvisor.Engine.Software.State;

/// <summary>A guest exception on its way: returned by handlers as a value, never thrown.</summary>
internal struct PendingException
{
    public byte Vector;

    /// <summary>Whether an error code is pushed.</summary>
    public bool HasErrorCode;

    /// <summary>A trap: RIP is that of the next instruction.</summary>
    public bool IsTrap;

    public uint ErrorCode;

    /// <summary>What goes into CR2 (#PF) or DR6 (#DB).</summary>
    public ulong Payload;
}
