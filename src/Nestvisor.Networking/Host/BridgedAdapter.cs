using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Host;

/// <summary>A further adapter of this host: frames that it sends or gets are those of this host's that pass a bridge.</summary>
/// <param name="Bridge">The bridge of its switch.</param>
/// <param name="Address">Its hardware address.</param>
public sealed record BridgedAdapter(string Bridge, MacAddress Address);
