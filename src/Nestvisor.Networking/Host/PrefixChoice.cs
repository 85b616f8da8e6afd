using System.Net;

namespace Nestvisor.Networking.Host;

/// <summary>Finds a private prefix (RFC 1918) that nothing of the host uses.</summary>
public static class PrefixChoice
{
    private const int Length = 20;

    /// <summary>Chooses a prefix.</summary>
    /// <param name="preferred">The one to take if it is free; null for none.</param>
    /// <param name="used">What is used: addresses, routes, NATs. Default routes lead everywhere and are no hindrance.</param>
    /// <returns>The prefix; null if none is free.</returns>
    public static IPv4Prefix? Choose(IPv4Prefix? preferred, IReadOnlyCollection<IPv4Prefix> used)
    {
        if (preferred is { } wanted && IsFree(wanted, used))
        {
            return wanted;
        }

        foreach (IPv4Prefix candidate in Candidates())
        {
            if (IsFree(candidate, used))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>Whether a prefix has nothing in common with those that are used.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="used">What is used.</param>
    /// <returns>True if so.</returns>
    public static bool IsFree(IPv4Prefix prefix, IReadOnlyCollection<IPv4Prefix> used)
    {
        foreach (IPv4Prefix other in used)
        {
            if (other.Length > 0 && prefix.Overlaps(other))
            {
                return false;
            }
        }

        return true;
    }

    // 172.16.0.0/12 is where Hyper-V's default switch lies and where home networks seldom do; from its upper end, since Docker begins below.
    private static IEnumerable<IPv4Prefix> Candidates()
    {
        for (int second = 30; second >= 16; second--)
        {
            for (int third = 240; third >= 0; third -= 16)
            {
                yield return new IPv4Prefix(new IPAddress([172, (byte)second, (byte)third, 0]), Length);
            }
        }

        for (int third = 240; third >= 0; third -= 16)
        {
            yield return new IPv4Prefix(new IPAddress([192, 168, (byte)third, 0]), Length);
        }

        for (int second = 255; second >= 0; second--)
        {
            yield return new IPv4Prefix(new IPAddress([10, (byte)second, 240, 0]), Length);
        }
    }
}
