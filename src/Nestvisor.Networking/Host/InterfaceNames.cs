using System.Globalization;
using System.Text;

namespace Nestvisor.Networking.Host;

/// <summary>
/// Names of our interfaces. The kernel's own have 15 bytes at most (IFNAMSIZ); the alternative name, of up to 127, is the mark by which they
/// are known: <c>nestvisor.INSTANCE.KIND.GUID</c>.
/// </summary>
public static class InterfaceNames
{
    /// <summary>What the names of bridges begin with.</summary>
    public const string BridgePrefix = "nvs";

    /// <summary>What the names of TAP interfaces begin with.</summary>
    public const string TapPrefix = "nvt";

    /// <summary>What the names of the host's further adapters begin with.</summary>
    public const string HostAdapterPrefix = "nvh";

    /// <summary>What the names of their ports on bridges begin with.</summary>
    public const string HostAdapterPortPrefix = "nvp";

    /// <summary>What the names of the interfaces below those in a VLAN begin with.</summary>
    public const string HostAdapterLinkPrefix = "nvl";

    /// <summary>What the names for people of the host's ports begin with.</summary>
    public const string HostPortPrefix = "vEthernet (";

    // IFALIASZ is 256 with the terminating zero.
    private const int LongestAlias = 255;
    private const string Product = "nestvisor";
    private const string Switch = "switch";
    private const string Adapter = "adapter";
    private const string Host = "host";
    private const string HostPortEnd = "hostport";
    private const string HostLink = "hostlink";

    /// <summary>Name of a switch's bridge.</summary>
    /// <param name="id">The switch.</param>
    /// <returns>The name.</returns>
    public static string Bridge(Guid id) => BridgePrefix + id.ToString("N")[..8];

    /// <summary>Name of an adapter's TAP interface.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The name.</returns>
    public static string Tap(Guid id) => TapPrefix + id.ToString("N")[..8];

    /// <summary>Name of the interface that is a further adapter of this host.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The name.</returns>
    public static string HostAdapter(Guid id) => HostAdapterPrefix + id.ToString("N")[..8];

    /// <summary>Name of the other end of such an adapter, which is a port of the bridge.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The name.</returns>
    public static string HostAdapterPort(Guid id) => HostAdapterPortPrefix + id.ToString("N")[..8];

    /// <summary>Name of the interface with the tagged frames below such an adapter that is in a VLAN.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The name.</returns>
    public static string HostAdapterLink(Guid id) => HostAdapterLinkPrefix + id.ToString("N")[..8];

    /// <summary>The mark of a switch's bridge.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="id">The switch.</param>
    /// <returns>The alternative name.</returns>
    public static string MarkOfSwitch(string instance, Guid id) => $"{Product}.{instance}.{Switch}.{id:D}";

    /// <summary>The mark of an adapter's TAP interface.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="id">The adapter.</param>
    /// <returns>The alternative name.</returns>
    public static string MarkOfAdapter(string instance, Guid id) => $"{Product}.{instance}.{Adapter}.{id:D}";

    /// <summary>The marks of the interfaces that a further adapter of this host is made of.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="id">The adapter.</param>
    /// <returns>The alternative names: of the adapter, of its port on the bridge, of the interface below it.</returns>
    public static (string Adapter, string Port, string Link) MarksOfHostAdapter(string instance, Guid id) =>
        ($"{Product}.{instance}.{Host}.{id:D}", $"{Product}.{instance}.{HostPortEnd}.{id:D}", $"{Product}.{instance}.{HostLink}.{id:D}");

    /// <summary>Name for people of an adapter of this host.</summary>
    /// <param name="name">The adapter's name, which is the switch's unless it was given another.</param>
    /// <returns>The name, as long as it is.</returns>
    public static string HostPort(string name) => $"{HostPortPrefix}{name})";

    /// <summary>A text that the kernel takes as the alias of an interface: cut where it is too long, between characters.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text or its beginning.</returns>
    public static string Alias(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) <= LongestAlias)
        {
            return text;
        }

        StringBuilder cut = new();
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            length += rune.Utf8SequenceLength;
            if (length > LongestAlias)
            {
                break;
            }

            _ = cut.Append(rune.ToString());
        }

        return cut.ToString();
    }

    /// <summary>The switch whose bridge has a mark of a service.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="names">Alternative names of the interface.</param>
    /// <returns>The switch; null if it is not one of the service's bridges.</returns>
    public static Guid? SwitchOf(string instance, IReadOnlyList<string> names) => Find(names, $"{Product}.{instance}.{Switch}.");

    /// <summary>The adapter whose TAP interface has a mark of a service.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="names">Alternative names of the interface.</param>
    /// <returns>The adapter; null if it is not one of the service's TAP interfaces.</returns>
    public static Guid? AdapterOf(string instance, IReadOnlyList<string> names) => Find(names, $"{Product}.{instance}.{Adapter}.");

    /// <summary>The further adapter of this host whose interface has a mark of a service.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="names">Alternative names of the interface.</param>
    /// <returns>The adapter; null if the interface is none.</returns>
    public static Guid? HostAdapterOf(string instance, IReadOnlyList<string> names) => Find(names, $"{Product}.{instance}.{Host}.");

    /// <summary>The further adapter of this host to which an interface belongs that is not the adapter itself: its port, or what is below it.</summary>
    /// <param name="instance">The service.</param>
    /// <param name="names">Alternative names of the interface.</param>
    /// <returns>The adapter; null if the interface belongs to none.</returns>
    public static Guid? PartOfHostAdapter(string instance, IReadOnlyList<string> names) =>
        Find(names, $"{Product}.{instance}.{HostPortEnd}.") ?? Find(names, $"{Product}.{instance}.{HostLink}.");

    /// <summary>A hardware address for an adapter of this host: always the same, so that guests keep knowing it.</summary>
    /// <param name="id">The switch, or the further adapter.</param>
    /// <returns>The address, with Hyper-V's first three bytes.</returns>
    public static string HostPortAddress(Guid id)
    {
        byte[] bytes = id.ToByteArray();
        return string.Create(CultureInfo.InvariantCulture, $"00:15:5d:{bytes[3]:x2}:{bytes[2]:x2}:{bytes[1]:x2}");
    }

    private static Guid? Find(IReadOnlyList<string> names, string beginning)
    {
        foreach (string name in names)
        {
            if (name.StartsWith(beginning, StringComparison.Ordinal) && Guid.TryParseExact(name[beginning.Length..], "D", out Guid id))
            {
                return id;
            }
        }

        return null;
    }
}
