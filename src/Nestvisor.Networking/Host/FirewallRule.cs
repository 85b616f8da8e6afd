namespace Nestvisor.Networking.Host;

/// <summary>A rule of ours in a chain of somebody else's.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Handle">Its number in the chain.</param>
internal sealed record FirewallRule(FirewallChain Chain, long Handle);
