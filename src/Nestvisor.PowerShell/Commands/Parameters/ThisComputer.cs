using System.Net;
using System.Net.NetworkInformation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>The names by which -ComputerName means this computer.</summary>
internal static class ThisComputer
{
    /// <summary>
    /// Whether a name is this computer's: ".", localhost, its host name, that with its domain, or a loopback address. No name server is
    /// asked: what a name means must not depend on the network.
    /// </summary>
    public static bool Is(string name) =>
        name == "."
        || (IPAddress.TryParse(name, out IPAddress? address) && IPAddress.IsLoopback(address))
        || Names().Any(own => string.Equals(name, own, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Names()
    {
        yield return "localhost";
        yield return Environment.MachineName;

        // gethostname(2), which may have a domain that MachineName leaves out, and getdomainname(2).
        IPGlobalProperties properties = IPGlobalProperties.GetIPGlobalProperties();
        yield return properties.HostName;
        if (properties.DomainName.Length > 0)
        {
            yield return $"{properties.HostName}.{properties.DomainName}";
        }
    }
}
