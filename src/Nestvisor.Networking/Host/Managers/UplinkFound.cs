namespace Nestvisor.Networking.Host.Managers;

/// <summary>The program that configures an interface, and what it has given it.</summary>
/// <param name="Management">The program.</param>
/// <param name="IsLease">Whether an address of the interface that has no end is a DHCP server's lease all the same.</param>
internal sealed record UplinkFound(UplinkManagement Management, Func<KernelAddress, bool> IsLease)
{
    /// <summary>One that gives each lease its end.</summary>
    /// <param name="management">The program.</param>
    public UplinkFound(UplinkManagement management)
        : this(management, static _ => false)
    {
    }
}
