using System.Net;

namespace Nestvisor.Networking.Host;

/// <summary>A port of this host that leads to one behind a NAT.</summary>
/// <param name="IsUdp">UDP, else TCP.</param>
/// <param name="External">Address of this host; 0.0.0.0 for all.</param>
/// <param name="ExternalPort">Port of this host.</param>
/// <param name="Internal">Address behind the NAT.</param>
/// <param name="InternalPort">Port there.</param>
/// <param name="Remote">Who may use it; 0.0.0.0/0 for all.</param>
public sealed record TranslatedPort(bool IsUdp, IPAddress External, int ExternalPort, IPAddress Internal, int InternalPort, IPv4Prefix Remote);
