namespace Nestvisor.Networking.Host;

/// <summary>A chain of somebody else's at the hook for packets that are forwarded, or that are for this host.</summary>
/// <param name="Family"><c>ip</c>, <c>ip6</c>, <c>inet</c> or <c>bridge</c>.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsInput">Whether it is for packets that are for this host.</param>
internal sealed record FirewallChain(string Family, string Table, string Name, bool IsInput = false);
