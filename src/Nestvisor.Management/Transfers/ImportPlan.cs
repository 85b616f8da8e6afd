using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Transfers;

/// <summary>
/// A planned machine: an exported one that is to be imported. It can be changed before, to mend what keeps it from that; nothing of that
/// is written anywhere until it is imported.
/// </summary>
internal sealed class ImportPlan : IChangeableMachine
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _chosenPaths = new(StringComparer.Ordinal);
    private MachineConfiguration _configuration;
    private bool _discardsState;

    /// <summary>A plan.</summary>
    /// <param name="id">Its identifier, by which commands know it.</param>
    /// <param name="target">The identifier that the machine will have.</param>
    /// <param name="request">What is to be done.</param>
    /// <param name="source">The exported machine.</param>
    public ImportPlan(Guid id, Guid target, ImportMachineRequest request, ExportedMachine source)
    {
        Id = id;
        Target = target;
        Request = request;
        Source = source;
        _configuration = source.Configuration with { Id = id };
    }

    /// <summary>The plan's identifier: the machine's, unless that is taken.</summary>
    public Guid Id { get; }

    /// <summary>The identifier that the machine will have.</summary>
    public Guid Target { get; }

    /// <summary>What is to be done.</summary>
    public ImportMachineRequest Request { get; }

    /// <summary>The exported machine.</summary>
    public ExportedMachine Source { get; }

    /// <summary>The machine as it will be imported; files that will be copied still have the paths of their sources.</summary>
    public MachineConfiguration Configuration
    {
        get
        {
            lock (_lock)
            {
                return PortableConfiguration.WithPaths(_configuration, SourceOf) with { Id = Target };
            }
        }
    }

    /// <summary>The saved state that the machine will have; null for none.</summary>
    public string? SavedState
    {
        get
        {
            lock (_lock)
            {
                return _discardsState ? null : Source.SavedState;
            }
        }
    }

    /// <summary>Whether the user has named this file, after the configuration was read: then it may be anywhere, and is not copied.</summary>
    public bool IsChosen(string path)
    {
        lock (_lock)
        {
            return _chosenPaths.Contains(path);
        }
    }

    /// <summary>Gives the saved state up; its file stays until the import.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public void DiscardSavedState()
    {
        lock (_lock)
        {
            if (_discardsState || Source.SavedState is null)
            {
                throw ApiException.InvalidState($"'{_configuration.Name}' cannot be freed of its saved state: it has none.");
            }

            _discardsState = true;
        }
    }

    /// <inheritdoc/>
    public Task ChangeAsync(Func<MachineConfiguration, MachineState, MachineConfiguration> change, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // Also what a saved machine could not have changed: whether its state still fits is judged at the import.
            MachineConfiguration changed = change(_configuration, MachineState.Off);
            HashSet<string> before = [.. PathsOf(_configuration)];
            _chosenPaths.UnionWith(PathsOf(changed).Where(path => !before.Contains(path)));
            _configuration = changed;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<MachineInfo> DescribeAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            return Task.FromResult(new MachineInfo
            {
                Configuration = _configuration,
                ConfigurationLocation = Source.Folder,
                State = _discardsState || Source.SavedState is null ? MachineState.Off : MachineState.Saved,
                Status = "Planned, not imported yet",
                ConsoleLog = "",
                Planned = true,
            });
        }
    }

    private static IEnumerable<string> PathsOf(MachineConfiguration machine) =>
        machine.Disks.Select(disk => disk.Path).Concat(new[] { machine.KernelPath, machine.InitialRamDiskPath }.OfType<string>());

    private string SourceOf(string path) =>
        Request.VhdSourcePath is { } folder && !_chosenPaths.Contains(path) && _configuration.Disks.Any(disk => disk.Path == path)
            ? Path.Combine(folder, Path.GetFileName(path))
            : path;
}
