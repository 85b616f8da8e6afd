using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Workers;

namespace Nestvisor.Management.Transfers;

/// <summary>What keeps a planned machine from being imported.</summary>
internal sealed class ImportChecks(ImportPlan plan, WorkerJudge judge, IReadOnlyDictionary<Guid, string> switches)
{
    private readonly MachineConfiguration _machine = plan.Configuration;
    private readonly List<ImportIssue> _issues = [];

    /// <summary>Checks everything.</summary>
    /// <param name="isTaken">Whether a machine with the plan's identifier is there.</param>
    /// <param name="cancellation">Ends the worker's part.</param>
    public async Task<IReadOnlyList<ImportIssue>> RunAsync(bool isTaken, CancellationToken cancellation)
    {
        if (isTaken)
        {
            Add(
                ImportIssueKind.DuplicateId,
                $"A virtual machine with the identifier {plan.Target} of '{_machine.Name}' is already there. Import a copy with -Copy -GenerateNewId, or remove the one that is there.");
        }

        bool valid = CheckConfiguration();
        foreach (DiskConfiguration disk in _machine.Disks)
        {
            CheckDisk(disk);
        }

        foreach (NetworkAdapterConfiguration adapter in _machine.NetworkAdapters.Where(adapter => adapter.SwitchId is { } id && !switches.ContainsKey(id)))
        {
            _issues.Add(new ImportIssue
            {
                Kind = ImportIssueKind.MissingSwitch,
                Message = $"Could not find Ethernet switch '{adapter.SwitchName ?? adapter.SwitchId.ToString()}', which the network adapter '{adapter.Name}' of '{_machine.Name}' is connected to. "
                    + "Connect the adapter to another with Connect-VMNetworkAdapter, or to none with Disconnect-VMNetworkAdapter.",
                Adapter = adapter.Id,
            });
        }

        CheckBootFile("kernel", _machine.KernelPath);
        CheckBootFile("initial RAM disk", _machine.InitialRamDiskPath);
        if (valid)
        {
            await CheckHostAsync(cancellation).ConfigureAwait(false);
        }

        return _issues;
    }

    private bool CheckConfiguration()
    {
        if (!VersionRules.IsSupported(_machine.Version))
        {
            Add(
                ImportIssueKind.UnsupportedVersion,
                $"The configuration version {_machine.Version} of '{_machine.Name}' is not supported. Supported are {string.Join(", ", ConfigurationVersions.All)}.");
        }

        try
        {
            MachineRules.Check(_machine);
            DriveRules.CheckPlaces(_machine);
            AdapterRules.Check(_machine);
            return true;
        }
        catch (ApiException error)
        {
            Add(ImportIssueKind.InvalidConfiguration, error.Message);
            return false;
        }
    }

    private void CheckDisk(DiskConfiguration disk)
    {
        if (WhyForeign(disk.Path) is { } reason)
        {
            Add(
                ImportIssueKind.ForeignDisk,
                $"The hard disk '{disk.Path}' of '{_machine.Name}' is not part of the export: {reason}. Remove it with Remove-VMHardDiskDrive, and add the file that "
                + "is meant with Add-VMHardDiskDrive.",
                disk);
            return;
        }

        // To be copied it need only be read.
        DiskConfiguration used = disk with { ReadOnly = disk.ReadOnly || plan.Request.Copy };
        if (Try(() => _ = DiskFiles.Check(_machine.Name, used)) is { } error)
        {
            Add(ImportIssueKind.MissingDisk, error, disk);
        }
    }

    private void CheckBootFile(string what, string? path)
    {
        if (path is null)
        {
            return;
        }

        if (WhyForeign(path) is { } reason)
        {
            Add(
                ImportIssueKind.ForeignBootFile,
                $"The {what} '{path}' of '{_machine.Name}' is not part of the export: {reason}. Take it away with an empty path and name the file that is meant with Set-VMFirmware.");
        }
        else if (Try(() => _ = BootFiles.RequireFile(_machine.Name, what, path, FileAccess.Read)) is { } error)
        {
            Add(ImportIssueKind.MissingBootFile, $"{error} Name another with Set-VMFirmware.");
        }
    }

    private async Task CheckHostAsync(CancellationToken cancellation)
    {
        foreach (WorkerObstacle obstacle in await judge.AskAsync(_machine, plan.Source.Configuration.Id, plan.SavedState, cancellation).ConfigureAwait(false))
        {
            (ImportIssueKind kind, string remedy) = obstacle.Kind switch
            {
                WorkerObstacleKind.Engine => (ImportIssueKind.Engine, ""),
                WorkerObstacleKind.SavedState => (ImportIssueKind.SavedState, " Without its saved state, which Remove-VMSavedState removes, the virtual machine boots anew."),
                _ => (ImportIssueKind.InvalidConfiguration, ""),
            };
            Add(kind, $"'{_machine.Name}': {obstacle.Message}{remedy}");
        }
    }

    // What the user has named may be anywhere; what the file names may not make this machine use, or read, any file of the host.
    private string? WhyForeign(string path) =>
        plan.IsChosen(path) || (plan.Request.VhdSourcePath is { } source && ExportedMachine.WhyForeign(source, path) is null)
            ? null
            : ExportedMachine.WhyForeign(plan.Source.Folder, path);

    private void Add(ImportIssueKind kind, string message, DiskConfiguration? disk = null) => _issues.Add(new ImportIssue
    {
        Kind = kind,
        Message = message,
        Disk = disk,
    });

    private static string? Try(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (ApiException error)
        {
            return error.Message;
        }
    }
}
