using System.Collections.Concurrent;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Management.Machines;

/// <summary>All virtual machines of this service.</summary>
internal sealed class MachineRegistry
{
    private readonly ConcurrentDictionary<Guid, ManagedMachine> _machines = new();
    private readonly ConfigurationStore _store;
    private readonly NestvisorPaths _paths;
    private readonly TimeProvider _time;
    private readonly IPortHost _ports;
    private readonly MacAddressPool _addresses;

    /// <summary>Creates an empty registry.</summary>
    /// <param name="store">Where the configurations are kept.</param>
    /// <param name="paths">The service's folders.</param>
    /// <param name="ports">The host's side of network adapters.</param>
    /// <param name="getAddressRange">The first and the last MAC address that the host gives.</param>
    /// <param name="time">The clock.</param>
    public MachineRegistry(
        ConfigurationStore store, NestvisorPaths paths, IPortHost ports, Func<(MacAddress First, MacAddress Last)> getAddressRange, TimeProvider time)
    {
        _store = store;
        _paths = paths;
        _ports = ports;
        _time = time;
        _addresses = new MacAddressPool(
            getAddressRange,
            () => _machines.Values.SelectMany(machine => machine.NetworkAdapters).Select(adapter => adapter.MacAddress).OfType<string>());
    }

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
    public async Task LoadAsync(Action<string> complain, CancellationToken cancellation)
    {
        foreach (MachineConfiguration configuration in _store.Load(complain))
        {
            ManagedMachine machine = new(configuration, _store, _paths, _ports, _addresses);
            await machine.RecoverAsync(cancellation).ConfigureAwait(false);
            _machines[configuration.Id] = machine;
        }

        HashSet<Guid> running = [.. _machines.Values.Where(machine => machine.IsActive).SelectMany(machine => machine.NetworkAdapters).Select(adapter => adapter.Id)];
        try
        {
            await _ports.ReleaseOtherPortsAsync(running, cancellation).ConfigureAwait(false);
        }
        catch (ApiException error)
        {
            complain($"Network interfaces of machines that have ended may be left: {error.Message}");
        }
    }

    /// <summary>The machine with an identifier.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public ManagedMachine Get(Guid id) =>
        _machines.TryGetValue(id, out ManagedMachine? machine)
            ? machine
            : throw ApiException.NotFound($"Hyper-V was unable to find a virtual machine with id \"{id}\".");

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
        MachineConfiguration configuration = MachineRules.Create(request, _time.GetUtcNow());
        _store.Save(configuration);
        ManagedMachine machine = new(configuration, _store, _paths, _ports, _addresses);
        _machines[configuration.Id] = machine;
        return machine;
    }

    /// <summary>Removes a machine that is off.</summary>
    public async Task RemoveAsync(Guid id, CancellationToken cancellation)
    {
        await Get(id).RemoveAsync(cancellation).ConfigureAwait(false);
        _ = _machines.TryRemove(id, out _);
    }
}
