namespace Nestvisor.Networking.Host.Managers;

/// <summary>A program that configures interfaces of the host, and can be told to go on with another.</summary>
internal interface IUplinkManager
{
    /// <summary>Whether it has to take an interface back before the kernel does. Others take it back when it has its addresses again.</summary>
    bool TakesBackFirst { get; }

    /// <summary>Whether the program configures an interface.</summary>
    /// <param name="link">The interface.</param>
    /// <returns>What it takes to let it go on elsewhere; null if it does not.</returns>
    /// <exception cref="HostNetworkException">It does, and cannot be told to go on elsewhere.</exception>
    Task<UplinkFound?> FindAsync(KernelLink link);

    /// <summary>Whether what was found is this program's.</summary>
    /// <param name="management">What was found.</param>
    bool Owns(UplinkManagement management);

    /// <summary>Whether the DHCP server of an interface that has a lease answers.</summary>
    /// <param name="link">The interface.</param>
    /// <returns>False if not; true also if the program cannot ask without giving up the lease if there is no answer.</returns>
    Task<bool> ServerAnswersAsync(KernelLink link) => Task.FromResult(true);

    /// <summary>A command that has to be run before an interface loses its addresses, in one process with that.</summary>
    /// <param name="name">The interface, or the bridge.</param>
    /// <returns>The command; empty for none.</returns>
    IReadOnlyList<string> Leaving(string name) => [];

    /// <summary>Lets the program go on with the bridge, to which the kernel has moved all addresses, or leave the interface alone.</summary>
    /// <param name="handover">Which.</param>
    /// <exception cref="HostNetworkException">It does not, or the bridge has no lease and needs one.</exception>
    Task TakeAsync(UplinkHandover handover);

    /// <summary>Lets the program go on with the interface. What was never taken, or half, is given back all the same.</summary>
    /// <param name="handover">Which.</param>
    /// <exception cref="HostNetworkException">It does not.</exception>
    Task GiveBackAsync(UplinkHandover handover);
}
