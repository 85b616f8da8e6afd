namespace Nestvisor.Devices.Virtio;

/// <summary>What came of an attempt to work on a queue.</summary>
internal enum VirtioProgress
{
    /// <summary>A request was completed; there may be more.</summary>
    Done,

    /// <summary>The guest has given no request: its notification is awaited.</summary>
    NoRequest,

    /// <summary>The outside has nothing for the guest: its wake-up is awaited.</summary>
    NoInput,
}
