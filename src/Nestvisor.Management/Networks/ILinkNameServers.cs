using Nestvisor.Api.Errors;

namespace Nestvisor.Management.Networks;

/// <summary>Knows the name servers that the host asks only over one interface.</summary>
internal interface ILinkNameServers
{
    /// <summary>The name servers that belong to an interface and are asked only while it has an address.</summary>
    /// <param name="name">The interface's name.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The servers; none where the host has one list for all interfaces.</returns>
    /// <exception cref="ApiException">Who keeps them cannot be asked.</exception>
    Task<IReadOnlyList<string>> OfLinkAsync(string name, CancellationToken cancellation);
}
