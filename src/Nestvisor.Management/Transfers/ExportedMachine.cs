using System.Text.Json;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Platform;

namespace Nestvisor.Management.Transfers;

/// <summary>An exported machine as it lies in its folder. Its content comes from anywhere and is not trusted.</summary>
/// <param name="File">The configuration.</param>
/// <param name="Folder">The machine's folder.</param>
/// <param name="Configuration">What the configuration says, with absolute paths.</param>
/// <param name="SavedState">The saved state; null if there is none.</param>
internal sealed record ExportedMachine(string File, string Folder, MachineConfiguration Configuration, string? SavedState)
{
    /// <summary>Reads an exported machine.</summary>
    /// <exception cref="ApiException">The path names no exported configuration.</exception>
    public static ExportedMachine Open(string path)
    {
        if (!Path.IsPathFullyQualified(path))
        {
            throw ApiException.InvalidArgument($"'{path}' is not an absolute path.");
        }

        string file = Path.GetFullPath(path);
        if (!HostFile.IsRegular(file, followLink: false))
        {
            throw Directory.Exists(file) || Path.Exists(file)
                ? ApiException.InvalidArgument($"'{path}' is not a file. {NameTheFile}")
                : new ApiException(ApiErrorCode.ObjectNotFound, ApiErrorCategory.ObjectNotFound, $"'{path}' does not exist. {NameTheFile}");
        }

        if (!string.Equals(Path.GetExtension(file), MachineLocation.ConfigurationEnding, StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.InvalidArgument($"'{path}' is not the configuration of an exported virtual machine. {NameTheFile}");
        }

        string folder = MachineLocation.FolderOf(file);
        try
        {
            string state = Path.ChangeExtension(file, MachineLocation.SavedStateEnding);
            return new ExportedMachine(
                file,
                folder,
                PortableConfiguration.Read(file, folder),
                HostFile.IsRegular(state, followLink: false) ? state
                    : Path.Exists(state) ? throw ApiException.InvalidArgument($"The saved state '{state}' is not a regular file.")
                    : null);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw ApiException.InvalidArgument(
                $"'{path}' is not a configuration that Nestvisor has exported, or it is damaged: {error.Message} Hyper-V's own format cannot be read.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ApiException.Failed($"'{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Why a path does not lead to a file in a folder; null if it does. Links in the folder lead anywhere, and so are refused.</summary>
    public static string? WhyForeign(string folder, string path)
    {
        if (!PortableConfiguration.IsInside(folder, path))
        {
            return $"it lies outside of '{folder}'";
        }

        for (string each = path; each.Length > folder.Length; each = Path.GetDirectoryName(each)!)
        {
            if (new FileInfo(each).LinkTarget is not null)
            {
                return $"'{each}' is a symbolic link";
            }
        }

        return null;
    }

    private const string NameTheFile = "Name the file ending in .vmcx in the folder 'Virtual Machines' of the export.";
}
