namespace Nestvisor.Api.HostAdapters;

/// <summary>What keeps the DNS servers of a network interface.</summary>
public enum DnsOwner
{
    /// <summary>The file resolv.conf, which has one list for all interfaces.</summary>
    File,

    /// <summary>systemd-resolved.</summary>
    Resolved,

    /// <summary>NetworkManager.</summary>
    NetworkManager,

    /// <summary>A program that Nestvisor does not know; the servers can be read and not changed.</summary>
    Unknown,
}
