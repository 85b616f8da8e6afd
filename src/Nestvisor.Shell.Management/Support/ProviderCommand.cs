using System.Collections.ObjectModel;
using System.IO.Enumeration;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the cmdlets over providers share: a path at a time, errors reported and the next path tried.</summary>
public abstract class ProviderCommand : PSCmdlet
{
    /// <summary>Names of the two parameter sets that almost all of them have.</summary>
    private protected const string ByPath = "Path";

    /// <inheritdoc cref="ByPath"/>
    private protected const string ByLiteralPath = "LiteralPath";

    /// <summary>Runs <paramref name="action"/> and reports what it throws as a non-terminating error.</summary>
    private protected void Attempt(Action action)
    {
        ErrorRecord error;
        try
        {
            action();
            return;
        }
        catch (Exception e) when (e is ItemNotFoundException or DriveNotFoundException or ProviderNotFoundException or ProviderInvocationException
            or PSArgumentException or PSInvalidOperationException or PSNotSupportedException or PSArgumentOutOfRangeException or PSArgumentNullException
            or WildcardPatternException)
        {
            error = new ErrorRecord(((IContainsErrorRecord)e).ErrorRecord, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            error = new ErrorRecord(e, MyInvocation.MyCommand.Name.Replace("-", string.Empty, StringComparison.Ordinal) + "Error", Category(e), null);
        }

        WriteError(error);
    }

    /// <summary>The items that <paramref name="path"/> names, as paths; wildcards are expanded unless it is literal.</summary>
    /// <param name="path">The path.</param>
    /// <param name="literal">It has no wildcards, whatever it looks like.</param>
    /// <param name="force">Wildcards also name what is hidden.</param>
    private protected IReadOnlyList<string> Expand(string path, bool literal, bool force = false)
    {
        if (literal)
            return [path];
        var found = new List<string>();
        Attempt(() =>
        {
            // The engine's own expansion takes what is hidden only on behalf of a provider's command.
            if (force && WildcardPattern.ContainsWildcardCharacters(path))
            {
                foreach (var item in InvokeProvider.Item.Get([path], force: true, literalPath: false))
                {
                    var name = item.Properties["PSPath"].Value.ToString()!;
                    found.Add(FileSystemPath(name) ?? name);
                }

                return;
            }

            foreach (var resolved in SessionState.Path.GetResolvedPSPathFromPSPath(path))
                found.Add(resolved.Path);
        });
        return found;
    }

    /// <summary>The path in the file system, or null when it belongs to another provider.</summary>
    private protected string? FileSystemPath(string path)
    {
        var native = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return IsFileSystem(provider) ? native : null;
    }

    /// <summary>The provider is the file system's.</summary>
    private protected static bool IsFileSystem(ProviderInfo provider) => provider.Name == "FileSystem";

    /// <summary>Refuses <paramref name="parameter"/> when it was given.</summary>
    private protected void Refuse(string parameter, string reason)
    {
        if (MyInvocation.BoundParameters.ContainsKey(parameter))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSNotSupportedException($"{MyInvocation.MyCommand.Name} does not support -{parameter} in this shell: {reason}"),
                "ParameterNotSupported", ErrorCategory.NotImplemented, parameter));
        }
    }

    /// <summary>Refuses <c>-Credential</c> as the file system does: Linux has no files under other credentials.</summary>
    private protected void RefuseCredential() => Refuse("Credential", "files are reached as the user who runs it. Leave it out.");

    /// <summary>Writes <paramref name="items"/>.</summary>
    private protected void WriteItems(Collection<PSObject> items)
    {
        foreach (var item in items)
            WriteObject(item);
    }

    /// <summary><paramref name="name"/> passes <c>-Filter</c>, <c>-Include</c> and <c>-Exclude</c>.</summary>
    private protected static bool Passes(string name, string? filter, string[]? include, string[]? exclude)
        => (string.IsNullOrEmpty(filter) || FileSystemName.MatchesWin32Expression(FileSystemName.TranslateWin32Expression(filter), name))
            && (include is not { Length: > 0 } || include.Any(p => Matches(name, p)))
            && (exclude is not { Length: > 0 } || !exclude.Any(p => Matches(name, p)));

    /// <summary>Only the file system takes <c>-Filter</c>; for another provider's path this reports the error and is false.</summary>
    private protected bool AcceptsFilter(string path, string? filter)
    {
        if (string.IsNullOrEmpty(filter))
            return true;
        var accepts = true;
        Attempt(() =>
        {
            _ = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            accepts = IsFileSystem(provider);
            if (!accepts)
                throw new PSNotSupportedException($"The provider {provider.Name} does not support the use of filters. Leave -Filter out, or use -Include.");
        });
        return accepts;
    }

    private static bool Matches(string name, string pattern) => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name);

    private static ErrorCategory Category(Exception e) => e switch
    {
        UnauthorizedAccessException => ErrorCategory.PermissionDenied,
        FileNotFoundException or DirectoryNotFoundException => ErrorCategory.ObjectNotFound,
        NotSupportedException => ErrorCategory.NotImplemented,
        _ => ErrorCategory.WriteError,
    };
}
