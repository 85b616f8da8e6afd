namespace Nestvisor.Networking.Host.Managers;

/// <summary>The command line of a DHCP client that is a process: dhclient(8), or BusyBox's udhcpc.</summary>
/// <param name="Words">Name of the program and arguments.</param>
internal sealed record DhcpClientCommand(IReadOnlyList<string> Words)
{
    /// <summary>Name of ISC's client.</summary>
    public const string Dhclient = "dhclient";

    /// <summary>Name of BusyBox's client.</summary>
    public const string Udhcpc = "udhcpc";

    private const string UsualLeaseFile = "/var/lib/dhcp/dhclient.leases";

    // Options of dhclient that the next word belongs to.
    private static readonly string[] ValueOptions = ["-p", "-s", "-g", "-D", "-V", "-C", "-F", "-H", "-R", "-e", "-lf", "-pf", "-df", "-cf", "-sf", "-T", "-timeout", "--address-prefix-len"];

    /// <summary>The client's name.</summary>
    public string Program => Path.GetFileName(Words[0]) is var name && name.StartsWith("busybox", StringComparison.Ordinal) && Words.Count > 1 ? Words[1] : name;

    /// <summary>Whether it is one of those that are known.</summary>
    public bool IsKnown => Program is Dhclient or Udhcpc;

    /// <summary>Whether it stays in the foreground of the program that started it.</summary>
    public bool IsInForeground => Words.Any(word => word is "-d" or "-f" or "--foreground");

    /// <summary>Whether it asks for IPv6 addresses.</summary>
    public bool IsForIPv6 => Words.Contains("-6");

    /// <summary>The file in which dhclient keeps its leases.</summary>
    public string LeaseFile => ValueOf("-lf") ?? UsualLeaseFile;

    /// <summary>The file that holds its process's number; null for none that is named.</summary>
    public string? ProcessFile => ValueOf(Program == Dhclient ? "-pf" : "-p");

    /// <summary>Whether it serves an interface.</summary>
    /// <param name="name">The interface.</param>
    /// <returns>True if so.</returns>
    public bool Serves(string name)
    {
        if (Program != Dhclient)
        {
            return IsKnown && Words.Contains(name);
        }

        // Without the name of an interface it serves all.
        IEnumerable<string> names = Words.Where((word, i) => i > 0 && !word.StartsWith('-') && !ValueOptions.Contains(Words[i - 1]));
        return names.Contains(name) || !names.Any();
    }

    /// <summary>The same command for another interface.</summary>
    /// <param name="from">The interface.</param>
    /// <param name="to">The other.</param>
    /// <returns>The command.</returns>
    public DhcpClientCommand For(string from, string to) => new([.. Words.Select(word => word == from ? to : word)]);

    /// <summary>The same command, which says what it does, and goes into the background when it has a lease.</summary>
    /// <returns>The command.</returns>
    public DhcpClientCommand Telling() => Program == Dhclient ? new([Words[0], "-v", .. Words.Skip(1).Where(word => word is not ("-nw" or "-q"))]) : this;

    private string? ValueOf(string option)
    {
        int at = Array.IndexOf([.. Words], option);
        return at > 0 && at + 1 < Words.Count ? Words[at + 1] : null;
    }
}
