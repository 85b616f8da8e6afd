using System.Net;

namespace Nestvisor.Networking.Host;

/// <summary>What the machines on a switch get from this host.</summary>
/// <param name="Interface">The bridge.</param>
/// <param name="Prefix">Prefix of their addresses.</param>
/// <param name="Server">The host's address there, the gateway and name server of the machines.</param>
/// <param name="Resolver">Name server that questions are passed to; null for those of /etc/resolv.conf.</param>
public sealed record DhcpSettings(string Interface, IPv4Prefix Prefix, IPAddress Server, IPAddress? Resolver);
