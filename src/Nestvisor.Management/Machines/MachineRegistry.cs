using System.Collections.Concurrent;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Transfers;

namespace Nestvisor.Management.Machines;

/// <summary>All virtual machines of this service.</summary>
internal sealed class MachineRegistry(ConfigurationStore store, NestvisorPaths paths, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, ManagedMachine> _machines = new();
    private readonly ConcurrentDictionary<Guid, bool> _arriving = new();

    /// <summary>Whether a machine is not off.</summary>
    public bool AnyActive
    {
        get
        {
            foreach (ManagedMachine machine in _machines.Values)
            {
                if (machine.IsActive)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Reads the configurations and finds the machines that run.</summary>
    public async Task LoadAsync(Action<string> onUnreadable, CancellationToken cancellation)
    {
        foreach (MachineConfiguration configuration in store.Load(onUnreadable))
        {
            ManagedMachine machine = new(configuration, store, paths);
            await machine.RecoverAsync(cancellation).ConfigureAwait(false);
            _machines[configuration.Id] = machine;
        }
    }

    /// <summary>The machine with an identifier.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public ManagedMachine Get(Guid id) =>
        _machines.TryGetValue(id, out ManagedMachine? machine)
            ? machine
            : throw ApiException.NotFound($"Hyper-V was unable to find a virtual machine with id \"{id}\".");

    /// <summary>Whether there is, or is about to be, a machine with an identifier.</summary>
    public bool Contains(Guid id) => _machines.ContainsKey(id) || _arriving.ContainsKey(id);

    /// <summary>Adds a machine that comes from elsewhere.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="save">Brings its configuration into the store.</param>
    /// <exception cref="ApiException">A machine with this identifier is there.</exception>
    public async Task<ManagedMachine> AddAsync(Guid id, Func<ConfigurationStore, Task<MachineConfiguration>> save)
    {
        if (_machines.ContainsKey(id) || !_arriving.TryAdd(id, true))
        {
            throw ApiException.Failed($"A virtual machine with the identifier {id} is already there.");
        }

        try
        {
            ManagedMachine machine = new(await save(store).ConfigureAwait(false), store, paths);
            _machines[id] = machine;
            return machine;
        }
        finally
        {
            _ = _arriving.TryRemove(id, out _);
        }
    }

    /// <summary>All machines, sorted by name, machines of one name by their creation.</summary>
    public async Task<IReadOnlyList<MachineInfo>> DescribeAllAsync(CancellationToken cancellation)
    {
        List<Task<MachineInfo>> questions = [];
        foreach (ManagedMachine machine in _machines.Values)
        {
            questions.Add(machine.DescribeAsync(cancellation));
        }

        List<MachineInfo> all = [.. await Task.WhenAll(questions).ConfigureAwait(false)];
        all.Sort(static (a, b) => string.Compare(a.Configuration.Name, b.Configuration.Name, StringComparison.OrdinalIgnoreCase) is not 0 and int order
            ? order
            : a.Configuration.CreationTime.CompareTo(b.Configuration.CreationTime));
        return all;
    }

    /// <summary>Creates a machine.</summary>
    public ManagedMachine Create(CreateMachineRequest request)
    {
        MachineConfiguration configuration = MachineRules.Create(request, time.GetUtcNow());
        if (request.Path is { } folder)
        {
            store.SaveOutside(configuration, PlaceIn(folder, configuration));
        }
        else
        {
            store.Save(configuration);
        }

        ManagedMachine machine = new(configuration, store, paths);
        _machines[configuration.Id] = machine;
        return machine;
    }

    /// <summary>Removes a machine that is off.</summary>
    public async Task RemoveAsync(Guid id, CancellationToken cancellation)
    {
        await Get(id).RemoveAsync(cancellation).ConfigureAwait(false);
        _ = _machines.TryRemove(id, out _);
    }

    private static string PlaceIn(string folder, MachineConfiguration machine) => Path.IsPathFullyQualified(folder)
        ? MachineLocation.FileIn(Path.Combine(Path.GetFullPath(folder), FileNames.ForMachine(machine.Name)), machine.Id)
        : throw ApiException.InvalidArgument($"'{folder}' is not an absolute path.");
}
