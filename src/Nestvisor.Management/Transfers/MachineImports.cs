using System.Collections.Concurrent;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Workers;
using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Transfers;

/// <summary>Takes exported machines in, at once or after a plan.</summary>
internal sealed class MachineImports(MachineRegistry registry, ManagedHost host, WorkerJudge judge, TimeProvider time)
{
    private const int MostPlans = 256;
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<Guid, (ImportPlan Plan, long Since)> _plans = new();

    /// <summary>Whether a plan waits to be mended, so that the service must stay.</summary>
    public bool AnyPlan
    {
        get
        {
            foreach ((Guid id, (ImportPlan _, long since)) in _plans)
            {
                if (time.GetElapsedTime(since) > Life)
                {
                    _ = _plans.TryRemove(id, out _);
                }
            }

            return !_plans.IsEmpty;
        }
    }

    /// <summary>The planned machine with an identifier; null if there is none, or a machine that is there has it.</summary>
    public ImportPlan? Find(Guid id) => !registry.Contains(id) && _plans.TryGetValue(id, out (ImportPlan Plan, long Since) entry) ? entry.Plan : null;

    /// <summary>The machine with an identifier that is there.</summary>
    /// <exception cref="ApiException">There is none, or it is only planned.</exception>
    public ManagedMachine GetImported(Guid id) => Find(id) is { } plan
        ? throw ApiException.InvalidState($"'{plan.Configuration.Name}' is only planned. Import it first, with Import-VM -CompatibilityReport.")
        : registry.Get(id);

    /// <summary>The planned machine with an identifier.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public ImportPlan Get(Guid id) => Find(id) ?? throw ApiException.NotFound(
        $"The compatibility report {id} is no longer known: it is good for one import and for {Life.TotalMinutes:0} minutes, while the service runs. Compare again with Compare-VM -Path.");

    /// <summary>Gives a plan up.</summary>
    public void Forget(ImportPlan plan) => _plans.TryRemove(plan.Id, out _);

    /// <summary>Plans an import.</summary>
    public Task<ImportReport> PlanAsync(ImportMachineRequest request, CancellationToken cancellation)
    {
        ImportPlan plan = Open(request);
        if (AnyPlan && _plans.Count >= MostPlans)
        {
            throw ApiException.Failed($"There are {MostPlans} compatibility reports that nobody has imported. Import them, or wait until they are forgotten.");
        }

        _plans[plan.Id] = (plan, time.GetTimestamp());
        return ReportAsync(plan, cancellation);
    }

    /// <summary>What keeps a plan from being imported now.</summary>
    public async Task<ImportReport> ReportAsync(ImportPlan plan, CancellationToken cancellation) => new()
    {
        Machine = await plan.DescribeAsync(cancellation).ConfigureAwait(false),
        Request = plan.Request,
        Issues = await CheckAsync(plan, cancellation).ConfigureAwait(false),
    };

    /// <summary>Imports.</summary>
    /// <exception cref="ApiException">Something keeps the machine from being imported; nothing has been done.</exception>
    public Task<ManagedMachine> ImportAsync(ImportMachineRequest request, Transfer transfer) => ImportAsync(Open(request), transfer);

    /// <summary>Imports a planned machine.</summary>
    /// <exception cref="ApiException">Something keeps it from being imported; nothing has been done, and the plan stays.</exception>
    public async Task<ManagedMachine> ImportAsync(ImportPlan plan, Transfer transfer)
    {
        IReadOnlyList<ImportIssue> issues = await CheckAsync(plan, transfer.Cancellation).ConfigureAwait(false);
        if (issues.Count > 0)
        {
            throw ApiException.Failed(
                "Unable to import virtual machine due to configuration errors. Please use Compare-VM to repair the virtual machine.\n"
                + string.Join('\n', issues.Select(issue => issue.Message)));
        }

        ManagedMachine machine = await registry.AddAsync(plan.Target, store => Task.Run(
            () => plan.Request.Copy ? Copy(plan, store, transfer) : Register(plan, store), CancellationToken.None)).ConfigureAwait(false);
        _ = _plans.TryRemove(plan.Id, out _);
        return machine;
    }

    private static MachineConfiguration Register(ImportPlan plan, ConfigurationStore store)
    {
        MachineConfiguration machine = plan.Configuration;
        store.SaveOutside(machine, plan.Source.File);
        if (plan.SavedState is null && plan.Source.SavedState is { } given)
        {
            File.Delete(given);
            DirectorySync.Flush(Path.GetDirectoryName(given)!);
        }

        return machine;
    }

    private MachineConfiguration Copy(ImportPlan plan, ConfigurationStore store, Transfer transfer)
    {
        string? file = plan.Request.VirtualMachinePath is { } folder ? MachineLocation.FileIn(Path.GetFullPath(folder), plan.Target) : null;
        MachineLocation target = file is null ? store.LocationOf(plan.Target) : MachineLocation.Outside(file, store.FolderOf(plan.Target));
        using ImportCopy copy = new(plan, target, Path.GetFullPath(plan.Request.VhdDestinationPath ?? host.Describe().VirtualHardDiskPath), transfer);
        MachineConfiguration machine = copy.Run();
        transfer.Cancellation.ThrowIfCancellationRequested();
        if (file is null)
        {
            store.Save(machine);
        }
        else
        {
            store.SaveOutside(machine, file);
        }

        copy.Complete();
        return machine;
    }

    private Task<IReadOnlyList<ImportIssue>> CheckAsync(ImportPlan plan, CancellationToken cancellation) =>
        new ImportChecks(plan, judge, registry.SwitchNames).RunAsync(registry.Contains(plan.Target), cancellation);

    private ImportPlan Open(ImportMachineRequest request)
    {
        foreach (string? path in (ReadOnlySpan<string?>)[request.VirtualMachinePath, request.VhdDestinationPath, request.VhdSourcePath])
        {
            if (path is not null && !Path.IsPathFullyQualified(path))
            {
                throw ApiException.InvalidArgument($"'{path}' is not an absolute path.");
            }
        }

        if (!request.Copy && (request.GenerateNewId || (request.VirtualMachinePath ?? request.VhdDestinationPath ?? request.VhdSourcePath) is not null))
        {
            throw ApiException.InvalidArgument("Only a copy can have another identifier and other folders. Import with -Copy.");
        }

        ExportedMachine source = new ImportedAdapters(registry.SwitchNames, registry.HasAdapter).Adapt(ExportedMachine.Open(request.Path), request.GenerateNewId);
        Guid target = request.GenerateNewId ? Guid.NewGuid() : source.Configuration.Id;
        Guid id = target == Guid.Empty || registry.Contains(target) || _plans.ContainsKey(target) ? Guid.NewGuid() : target;
        return new ImportPlan(id, target, request with { VhdSourcePath = request.VhdSourcePath is { } from ? Path.GetFullPath(from) : null }, source);
    }
}
