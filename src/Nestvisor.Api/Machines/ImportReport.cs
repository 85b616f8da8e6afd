namespace Nestvisor.Api.Machines;

/// <summary>An exported machine beside this host: a planned machine, which can be changed until it is imported, and what keeps it from that.</summary>
public sealed record ImportReport
{
    /// <summary>The planned machine. Questions and changes name it by its identifier, as they do a machine that is there.</summary>
    public required MachineInfo Machine { get; init; }

    /// <summary>What is to be done.</summary>
    public required ImportMachineRequest Request { get; init; }

    /// <summary>What keeps the machine from being imported.</summary>
    public required IReadOnlyList<ImportIssue> Issues { get; init; }
}
