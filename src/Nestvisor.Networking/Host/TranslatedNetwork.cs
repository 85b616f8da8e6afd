namespace Nestvisor.Networking.Host;

/// <summary>A prefix whose addresses go out with this host's.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Prefix">The prefix.</param>
/// <param name="Ports">Ports that lead in.</param>
/// <param name="EstablishedSeconds">When idle TCP connections are forgotten; null for the kernel's own value.</param>
/// <param name="TransientSeconds">When TCP connections that are being opened or closed are; null for the kernel's own value.</param>
/// <param name="DatagramSeconds">When UDP is; null for the kernel's own value.</param>
public sealed record TranslatedNetwork(
    Guid Id, IPv4Prefix Prefix, IReadOnlyList<TranslatedPort> Ports, int? EstablishedSeconds = null, int? TransientSeconds = null, int? DatagramSeconds = null);
