using Nestvisor.Api.Errors;

namespace Nestvisor.NetworkCommands.Netsh;

/// <summary>A command line of netsh.</summary>
/// <param name="Verb">What to do: add, set, delete or show.</param>
/// <param name="Noun">With what: address or dnsservers.</param>
/// <param name="Family">Of which family.</param>
/// <param name="Positional">The values without a name, in their order.</param>
/// <param name="Named">The values with one, as in <c>address=10.0.0.1</c>; names in lower case.</param>
internal sealed record NetshLine(string Verb, string Noun, AddressFamily Family, IReadOnlyList<string> Positional, IReadOnlyDictionary<string, string> Named)
{
    private const string Offered = "Of netsh there are: interface ip|ipv4|ipv6 add|set|delete|show dnsservers, and add|set|delete address.";
    private const int ShortestShortForm = 3;

    private static readonly string[] Verbs = ["add", "set", "delete", "show"];
    private static readonly string[] Nouns = ["address", "dnsservers"];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ApiException">It is none that there is.</exception>
    public static NetshLine Parse(IReadOnlyList<string> words)
    {
        if (words.Count < 4 || !IsShortFor(words[0], "interface"))
        {
            throw Refused(words);
        }

        AddressFamily family = words[1].ToUpperInvariant() switch
        {
            "IP" or "IPV4" => AddressFamily.IPv4,
            "IPV6" => AddressFamily.IPv6,
            _ => throw Refused(words),
        };
        string verb = Array.Find(Verbs, verb => IsShortFor(words[2], verb)) ?? throw Refused(words);
        string noun = Array.Find(Nouns, noun => IsShortFor(words[3], noun)) ?? throw Refused(words);
        if (verb == "show" && noun == "address")
        {
            throw Refused(words);
        }

        List<string> positional = [];
        Dictionary<string, string> named = [];
        foreach (string word in WholePlaceholders(words.Skip(4)))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                positional.Add(word);
            }
            else if (!named.TryAdd(word[..equals].ToLowerInvariant(), word[(equals + 1)..]))
            {
                throw ApiException.InvalidArgument($"netsh: '{word[..equals]}' is given twice.");
            }
        }

        return new NetshLine(verb, noun, family, positional, named);
    }

    /// <summary>The values of a command's arguments, by name.</summary>
    /// <param name="names">The arguments' names in the order that they have without names.</param>
    /// <exception cref="ApiException">The line has more, or others.</exception>
    public Dictionary<string, string> Bind(params string[] names)
    {
        Dictionary<string, string> bound = [];
        foreach ((string given, string value) in Named)
        {
            string name = Array.Find(names, name => IsShortFor(given, name))
                ?? throw ApiException.NotSupported($"netsh {Verb} {Noun} {given}= is not supported. It takes: {string.Join(", ", names)}.");
            bound[name] = value;
        }

        // Windows lets what has no name take the places, in their order, that no name has taken.
        Queue<string> left = new(names.Where(name => !bound.ContainsKey(name)));
        foreach (string value in Positional)
        {
            string name = left.TryDequeue(out string? next)
                ? next
                : throw ApiException.InvalidArgument($"netsh {Verb} {Noun}: '{value}' is one value too many. It takes: {string.Join(", ", names)}.");
            bound[name] = value;
        }

        return bound;
    }

    // PowerShell cuts address=<my DNS server> into words; put together again it can be called by its name.
    private static IEnumerable<string> WholePlaceholders(IEnumerable<string> words)
    {
        string? open = null;
        foreach (string word in words)
        {
            string whole = open is null ? word : $"{open} {word}";
            open = whole.LastIndexOf('<') > whole.LastIndexOf('>') ? whole : null;
            if (open is null)
            {
                yield return whole;
            }
        }

        if (open is not null)
        {
            yield return open;
        }
    }

    private static bool IsShortFor(string word, string whole) =>
        word.Length >= Math.Min(ShortestShortForm, whole.Length) && whole.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private static ApiException Refused(IReadOnlyList<string> words) =>
        ApiException.NotSupported($"'netsh {string.Join(' ', words)}' is not supported. {Offered} For all else use the commands Get-NetAdapter, New-NetIPAddress, New-NetRoute and their like.");
}
