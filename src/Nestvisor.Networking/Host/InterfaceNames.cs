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

    /// <summary>What the names for people of the host's ports begin with.</summary>
    public const string HostPortPrefix = "vEthernet (";

    // IFALIASZ is 256 with the terminating zero.
    private const int LongestAlias = 255;
    private const string Product = "nestvisor";
    private const string Switch = "switch";
    private const string Adapter = "adapter";

    /// <summary>Name of a switch's bridge.</summary>
    /// <param name="id">The switch.</param>
    /// <returns>The name.</returns>
    public static string Bridge(Guid id) => BridgePrefix + id.ToString("N")[..8];

    /// <summary>Name of an adapter's TAP interface.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The name.</returns>
    public static string Tap(Guid id) => TapPrefix + id.ToString("N")[..8];

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

    /// <summary>Name for people of the host's port on a switch.</summary>
    /// <param name="switchName">The switch's name.</param>
    /// <returns>The name, as long as it is.</returns>
    public static string HostPort(string switchName) => $"{HostPortPrefix}{switchName})";

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

    /// <summary>A hardware address for the host's port on a switch: always the same, so that guests keep knowing it.</summary>
    /// <param name="id">The switch.</param>
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
