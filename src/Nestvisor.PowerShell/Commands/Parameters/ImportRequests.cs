using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>What the parameters of Import-VM and Compare-VM ask for.</summary>
internal static class ImportRequests
{
    /// <summary>A copy.</summary>
    /// <param name="full">Makes paths absolute.</param>
    /// <param name="path">-Path.</param>
    /// <param name="machines">-VirtualMachinePath.</param>
    /// <param name="checkpoints">-SnapshotFilePath.</param>
    /// <param name="paging">-SmartPagingFilePath.</param>
    /// <param name="disks">-VhdDestinationPath.</param>
    /// <param name="source">-VhdSourcePath.</param>
    /// <param name="generateNewId">-GenerateNewId.</param>
    public static ImportMachineRequest Copy(
        Func<string, string> full, string path, string? machines, string? checkpoints, string? paging, string? disks, string? source, bool generateNewId)
    {
        RequireSame(full, machines, checkpoints, "SnapshotFilePath", "checkpoints are not supported");
        RequireSame(full, machines, paging, "SmartPagingFilePath", "there is no smart paging");
        return new ImportMachineRequest
        {
            Path = full(path),
            Copy = true,
            GenerateNewId = generateNewId,
            VirtualMachinePath = FullOrNull(full, machines),
            VhdDestinationPath = FullOrNull(full, disks),
            VhdSourcePath = FullOrNull(full, source),
        };
    }

    private static string? FullOrNull(Func<string, string> full, string? path) => string.IsNullOrEmpty(path) ? null : full(path);

    // Nothing is ever put into these folders; who names the machine's own means no place of their own.
    private static void RequireSame(Func<string, string> full, string? machines, string? folder, string parameter, string reason)
    {
        if (!string.IsNullOrEmpty(folder) && (string.IsNullOrEmpty(machines) || full(folder) != full(machines)))
        {
            throw ApiException.NotSupported($"-{parameter} is not supported: {reason}. Leave it out, or name the folder that -VirtualMachinePath names.");
        }
    }
}
