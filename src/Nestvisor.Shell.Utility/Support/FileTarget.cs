using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>A file that a cmdlet writes.</summary>
internal static class FileTarget
{
    /// <summary>The path in the file system that <paramref name="path"/> names; a wildcard must name one file.</summary>
    public static string Resolve(PSCmdlet command, string path, bool literal)
    {
        if (!literal && WildcardPattern.ContainsWildcardCharacters(path))
        {
            var found = command.GetResolvedProviderPathFromPSPath(path, out _);
            if (found.Count != 1)
                Fail(command, new PSArgumentException($"'{path}' names {found.Count} files; one is needed."), "ReadWriteMultipleFilesNotSupported", ErrorCategory.InvalidArgument, path);
            return found[0];
        }

        return command.GetUnresolvedProviderPathFromPSPath(path);
    }

    /// <summary>Opens the file.</summary>
    public static StreamWriter Open(PSCmdlet command, string path, Encoding encoding, bool append, bool force, bool noClobber)
    {
        try
        {
            if (noClobber && !append && File.Exists(path))
                Fail(command, new IOException($"The file '{path}' already exists. Leave -NoClobber out to write over it."), "NoClobber", ErrorCategory.ResourceExists, path);
            if (force && File.Exists(path) && new FileInfo(path) is { IsReadOnly: true } readOnly)
                readOnly.IsReadOnly = false;
            return new StreamWriter(new FileStream(path, append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite), encoding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(command, e, "FileOpenFailure", ErrorCategory.OpenError, path);
            throw;
        }
    }

    private static void Fail(PSCmdlet command, Exception error, string id, ErrorCategory category, string target)
        => command.ThrowTerminatingError(new ErrorRecord(error, id, category, target));
}
