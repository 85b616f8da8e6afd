namespace Nestvisor.Networking.Host.Managers;

/// <summary>An interface of the host that becomes the port of a bridge, for the program that configures it.</summary>
/// <param name="Management">The program.</param>
/// <param name="Link">The interface.</param>
/// <param name="Bridge">The bridge; it has the interface's hardware address, if the program goes on with it.</param>
/// <param name="Moves">Whether the program goes on with the bridge; else it leaves the interface alone.</param>
/// <param name="NeedsLease">Whether the bridge must have a lease for that.</param>
internal sealed record UplinkHandover(UplinkManagement Management, KernelLink Link, KernelLink Bridge, bool Moves, bool NeedsLease)
{
    /// <summary>How long a DHCP server may take to answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The interface's name.</summary>
    public string Uplink => Link.Name;

    /// <summary>The error of a bridge that has got no lease.</summary>
    /// <param name="more">What the program said; empty for nothing.</param>
    public HostNetworkException NoLease(string more = "") => new(
        HostNetworkProblem.Failed,
        $"The network interface '{Uplink}' cannot be bound to a virtual switch: its address is a DHCP server's lease, and {Management.Program} got none for the bridge '{Bridge.Name}' "
        + $"within {Patience.TotalSeconds:0} seconds. '{Uplink}' is {Management.Program}'s as before. Look whether the server answers, or give the interface a fixed address."
        + (more.Length == 0 ? "" : $" {Management.Program} said: {more}"));
}
