using System.Collections.Concurrent;
using Nestvisor.Api;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Disks;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Transfers;
using Nestvisor.Storage;

namespace Nestvisor.Management.Machines;

/// <summary>All virtual machines of this service.</summary>
internal sealed class MachineRegistry
{
    private readonly ConfigurationStore _store;
    private readonly NestvisorPaths _paths;
    private readonly ManagedHost _host;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Guid, ManagedMachine> _machines = new();
    private readonly ConcurrentDictionary<Guid, bool> _arriving = new();
    private readonly IPortHost _ports;
    private readonly MacAddressPool _addresses;

    /// <summary>A registry without machines; <see cref="LoadAsync"/> finds them.</summary>
    /// <param name="store">Where the configurations are kept.</param>
    /// <param name="paths">The service's folders.</param>
    /// <param name="host">The host's settings.</param>
    /// <param name="ports">The host's side of network adapters.</param>
    /// <param name="time">The clock.</param>
    public MachineRegistry(ConfigurationStore store, NestvisorPaths paths, ManagedHost host, IPortHost ports, TimeProvider time)
    {
        _store = store;
        _paths = paths;
        _host = host;
        _ports = ports;
        _time = time;
        Disks = new DiskFileManager(FindUse);
        _addresses = new MacAddressPool(
            host.TakeAddressRange,
            () => _machines.Values.SelectMany(machine => machine.NetworkAdapters).Select(adapter => adapter.MacAddress).OfType<string>());
    }

    /// <summary>The disk files of this host, which the machines use.</summary>
    public DiskFileManager Disks { get; }

    /// <summary>The names of the virtual switches that there are, by their identifiers.</summary>
    public IReadOnlyDictionary<Guid, string> SwitchNames => _ports.SwitchNames;

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

    /// <summary>Whether there is, or is about to be, a machine with an identifier.</summary>
    public bool Contains(Guid id) => _machines.ContainsKey(id) || _arriving.ContainsKey(id);

    /// <summary>Whether a machine has a network adapter with an identifier.</summary>
    public bool HasAdapter(Guid id) => _machines.Values.Any(machine => machine.NetworkAdapters.Any(adapter => adapter.Id == id));

    /// <summary>Disconnects all adapters from a switch that has been removed. No running machine is connected to it.</summary>
    public async Task DisconnectAsync(Guid switchId)
    {
        foreach (ManagedMachine machine in _machines.Values)
        {
            foreach (NetworkAdapterConfiguration adapter in machine.NetworkAdapters.Where(adapter => adapter.SwitchId == switchId))
            {
                try
                {
                    await machine.ChangeAdapterAsync(adapter.Id, new ChangeAdapterRequest { Disconnect = true }, CancellationToken.None).ConfigureAwait(false);
                }
                catch (ApiException)
                {
                    // The machine has something else to do, or its file cannot be written: its next start says that the switch is gone.
                }
            }
        }
    }

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
            ManagedMachine machine = new(await save(_store).ConfigureAwait(false), _store, _paths, _ports, _addresses);
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

    /// <summary>Creates a machine, and its disk if it gets a new one. If either cannot be, neither is left.</summary>
    /// <exception cref="ApiException">The request breaks a rule, or the disk cannot be made.</exception>
    public async Task<ManagedMachine> CreateAsync(CreateMachineRequest request, CancellationToken cancellation)
    {
        // What can be said without the disk is said before it is made.
        MachineConfiguration configuration = MachineRules.Create(request, _time.GetUtcNow());
        string? newDisk = null;
        try
        {
            if (request.NewDiskSizeBytes is { } size)
            {
                newDisk = await CreateDiskAsync(request, size, cancellation).ConfigureAwait(false);
                configuration = DriveRules.AddDisk(configuration, new AddDiskRequest { Path = newDisk }, MachineState.Off);
            }

            if (request.Path is { } folder)
            {
                _store.SaveOutside(configuration, PlaceIn(folder, configuration));
            }
            else
            {
                _store.Save(configuration);
            }
        }
        catch
        {
            if (newDisk is not null)
            {
                File.Delete(newDisk);
            }

            throw;
        }

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

    private static string PlaceIn(string folder, MachineConfiguration machine) => Path.IsPathFullyQualified(folder)
        ? MachineLocation.FileIn(Path.Combine(Path.GetFullPath(folder), FileNames.ForMachine(machine.Name)), machine.Id)
        : throw ApiException.InvalidArgument($"'{folder}' is not an absolute path.");

    private async Task<string> CreateDiskAsync(CreateMachineRequest request, long size, CancellationToken cancellation)
    {
        string path = request.NewDiskPath ?? throw ApiException.InvalidArgument("A new disk needs a path.");
        if (request.DiskPath is not null)
        {
            throw ApiException.InvalidArgument("A new virtual machine gets a new disk or one that is there, not both.");
        }

        string full = Path.GetFileName(path) == path ? Path.Combine(_host.Describe().VirtualHardDiskPath, path) : path;
        CreateDiskFileRequest disk = new()
        {
            Path = full,
            SizeBytes = size,
            Type = VirtualDisk.FormatOf(full) == DiskFormat.Raw ? DiskFileType.Fixed : DiskFileType.Dynamic,
        };
        _ = await Task.Run(() => Disks.Create(disk, progress: null, cancellation), CancellationToken.None).ConfigureAwait(false);
        return full;
    }

    private DiskUse? FindUse(string path)
    {
        foreach (ManagedMachine machine in _machines.Values)
        {
            if (machine.UseOf(path) is { } use)
            {
                return use;
            }
        }

        return null;
    }
}
