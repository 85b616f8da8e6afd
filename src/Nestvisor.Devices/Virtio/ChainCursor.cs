namespace Nestvisor.Devices.Virtio;

/// <summary>A position in the buffers of a <see cref="DescriptorChain"/>.</summary>
/// <param name="Segment">Number of the buffer.</param>
/// <param name="Offset">Bytes into it.</param>
internal readonly record struct ChainCursor(int Segment, int Offset);
