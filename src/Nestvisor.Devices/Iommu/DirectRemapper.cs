using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>The bus of a machine without a remapping unit: addresses and messages are what they say.</summary>
/// <param name="memory">The guest's memory.</param>
internal sealed class DirectRemapper(GuestMemory memory) : IRemapper
{
    /// <inheritdoc/>
    public bool RemapsInterrupts => false;

    /// <inheritdoc/>
    public bool TryRead(ushort requester, ulong address, Span<byte> target) => memory.TryRead(address, target);

    /// <inheritdoc/>
    public bool TryWrite(ushort requester, ulong address, ReadOnlySpan<byte> source) => memory.TryWrite(address, source);

    /// <inheritdoc/>
    public bool TryRemap(ushort? requester, MsiMessage request, bool report, out MsiMessage message)
    {
        message = request;
        return true;
    }
}
