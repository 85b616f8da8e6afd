using System.Net;
using Nestvisor.Api.Errors;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>The file resolv.conf (resolv.conf(5)): the lines <c>nameserver</c> of it are the servers; all others are left alone.</summary>
/// <param name="path">The file.</param>
/// <param name="backup">Where its content before the first change is kept.</param>
internal sealed class ResolverFile(string path, string backup)
{
    /// <summary>How many servers the C library asks (MAXNS).</summary>
    public const int MostServers = 3;

    private const string Keyword = "nameserver";
    private const string ResolvedFolder = "systemd/resolve";
    private const string StubServer = "127.0.0.53";

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Whether it is systemd-resolved's: a link to one of its files, or it names its server.</summary>
    public bool IsResolveds => Target is { } target
        ? target.Contains(ResolvedFolder, StringComparison.Ordinal) || target.EndsWith("systemd/resolv.conf", StringComparison.Ordinal)
        : Read() is [StubServer, ..];

    /// <summary>Where it leads if it is a link to a file that another program writes; null if it is a file or systemd-resolved's.</summary>
    public string? ForeignTarget => IsResolveds ? null : Target;

    private string? Target => new FileInfo(Path).LinkTarget;

    /// <summary>The servers that it names.</summary>
    public IReadOnlyList<string> Read() => [.. Lines(Path).Select(ServerOf).OfType<string>()];

    /// <summary>Sets the servers.</summary>
    /// <param name="servers">The servers; null for those before the first change.</param>
    /// <exception cref="ApiException">The file cannot be written.</exception>
    public void Set(IReadOnlyList<string>? servers)
    {
        try
        {
            string[] old = Lines(Path);
            if (servers is null)
            {
                if (File.Exists(backup))
                {
                    Write(With(old, [.. Lines(backup).Select(ServerOf).OfType<string>()]));
                    File.Delete(backup);
                }

                return;
            }

            if (!File.Exists(backup))
            {
                File.WriteAllLines(backup, old);
            }

            Write(With(old, servers));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ApiException.Failed($"The DNS servers in '{Path}' cannot be set: {error.Message}", error);
        }
    }

    private static string[] Lines(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];

    // Comments begin with '#' or ';' in the first column; an address may be followed by blanks.
    private static string? ServerOf(string line)
    {
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return line.StartsWith(Keyword, StringComparison.Ordinal) && words.Length >= 2 && words[0] == Keyword && IPAddress.TryParse(words[1], out IPAddress? address)
            ? address.ToString()
            : null;
    }

    // The new servers take the place of the first old one, so that comments above it stay above.
    private static List<string> With(string[] old, IReadOnlyList<string> servers)
    {
        List<string> kept = [.. old.Where(line => ServerOf(line) is null)];
        int first = Array.FindIndex(old, line => ServerOf(line) is not null);
        kept.InsertRange(first < 0 ? kept.Count : first, servers.Select(server => $"{Keyword} {server}"));
        return kept;
    }

    private void Write(List<string> lines)
    {
        string fresh = Path + ".nestvisor";
        try
        {
            File.WriteAllLines(fresh, lines);
            if (File.Exists(Path))
            {
                File.SetUnixFileMode(fresh, File.GetUnixFileMode(Path));
            }

            File.Move(fresh, Path, overwrite: true);
        }
        catch (IOException)
        {
            // A file that is mounted by itself, as in containers, can be written and not replaced.
            File.Delete(fresh);
            File.WriteAllLines(Path, lines);
        }
    }
}
