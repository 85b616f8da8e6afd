using System.Management.Automation;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>
/// Makes absolute paths of what users write: relative to the session's current location, with ~, with drives of the session, and with
/// backslashes as separators, as scripts from Windows have them.
/// </summary>
internal static class PathResolver
{
    private const string FileSystem = "FileSystem";
    private const string ProviderMark = "::";

    /// <summary>The absolute path of a file, which need not exist.</summary>
    /// <param name="session">The session.</param>
    /// <param name="path">What the user wrote.</param>
    /// <exception cref="ApiException">It is not a file's path.</exception>
    public static string Resolve(SessionState session, string path) => Guarded(path, () =>
    {
        string full = session.Path.GetUnresolvedProviderPathFromPSPath(WithSlashes(path), out ProviderInfo provider, out _);
        return provider.Name == FileSystem ? System.IO.Path.GetFullPath(full) : throw NotAFile(path);
    });

    /// <summary>The absolute paths of the files that a path with wildcards means; of a path without, or that exists as it is written, that of one file.</summary>
    /// <param name="session">The session.</param>
    /// <param name="path">What the user wrote.</param>
    /// <exception cref="ApiException">It is not a file's path, or no file matches.</exception>
    public static IReadOnlyList<string> ResolveAll(SessionState session, string path)
    {
        string literal = Resolve(session, path);
        if (!WildcardPattern.ContainsWildcardCharacters(path) || System.IO.Path.Exists(literal))
        {
            return [literal];
        }

        return Guarded(path, () =>
        {
            ICollection<string> found = session.Path.GetResolvedProviderPathFromPSPath(WithSlashes(path), out ProviderInfo provider);
            return provider.Name != FileSystem ? throw NotAFile(path)
                : found.Count == 0 ? throw ApiException.NotFound($"No file matches '{path}'.")
                : found.Order(StringComparer.Ordinal).ToArray();
        });
    }

    /// <summary>Whether a path is a bare file name, without a folder or a drive.</summary>
    public static bool IsBareName(string path) => path.AsSpan().IndexOfAny("/\\:~") < 0 && path is not ("." or "..");

    private static T Guarded<T>(string path, Func<T> resolve)
    {
        try
        {
            return resolve();
        }
        catch (System.Management.Automation.DriveNotFoundException error)
        {
            throw ApiException.InvalidArgument(
                $"'{path}' is on the drive {error.ItemName}, which does not exist. Paths begin with / here; New-PSDrive can make a drive of a folder.");
        }
        catch (Exception error) when (error is ItemNotFoundException or ProviderNotFoundException or ProviderInvocationException
            or PSInvalidOperationException or PSNotSupportedException or ArgumentException)
        {
            throw error is ItemNotFoundException ? ApiException.NotFound(error.Message) : NotAFile(path);
        }
    }

    // What stands before :: is the name of a provider, which has a backslash of its own.
    private static string WithSlashes(string path)
    {
        int mark = path.IndexOf(ProviderMark, StringComparison.Ordinal);
        int start = mark < 0 ? 0 : mark + ProviderMark.Length;
        return string.Concat(path.AsSpan(0, start), path[start..].Replace('\\', '/'));
    }

    private static ApiException NotAFile(string path) => ApiException.InvalidArgument($"'{path}' is not a file's path.");
}
