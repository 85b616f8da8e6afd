using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>A check whose result is not known yet.</summary>
/// <param name="Engine">The engine that it is about.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct CheckRow(WorkerEngine Engine, string Name)
{
    public WorkerNestingCheck Passed(string found) => Make(WorkerCheckResult.Passed, found, null);

    public WorkerNestingCheck NotApplicable(string found) => Make(WorkerCheckResult.NotApplicable, found, null);

    public WorkerNestingCheck Warning(string found, string remedy) => Make(WorkerCheckResult.Warning, found, remedy);

    public WorkerNestingCheck Failed(string found, string remedy) => Make(WorkerCheckResult.Failed, found, remedy);

    private WorkerNestingCheck Make(WorkerCheckResult result, string found, string? remedy) =>
        new() { Engine = Engine, Name = Name, Result = result, Found = found, Remedy = remedy };
}
