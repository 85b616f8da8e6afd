namespace Nestvisor.Networking.Host;

/// <summary>A chain of somebody else's at the hook for forwarded packets that drops what no rule of it accepts.</summary>
/// <param name="Family"><c>ip</c>, <c>ip6</c>, <c>inet</c> or <c>bridge</c>.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Its name.</param>
internal sealed record ForwardChain(string Family, string Table, string Name);
