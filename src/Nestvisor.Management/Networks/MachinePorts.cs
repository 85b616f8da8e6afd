using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Networks;

/// <summary>The ports of one machine's adapters: made before its run, changed during it, removed after it.</summary>
internal sealed class MachinePorts(IPortHost host)
{
    private Task _released = Task.CompletedTask;

    /// <summary>Makes the ports of all adapters.</summary>
    /// <param name="machine">The machine, whose adapters have addresses.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The adapters as the worker needs them, and the words before the worker's own.</returns>
    /// <exception cref="ApiException">A switch does not exist, or the host cannot do it; nothing is left behind.</exception>
    public async Task<PreparedPorts> PrepareAsync(MachineConfiguration machine, CancellationToken cancellation)
    {
        await _released.ConfigureAwait(false);
        if (machine.NetworkAdapters.Count == 0)
        {
            return new PreparedPorts([], []);
        }

        try
        {
            List<WorkerNetworkAdapter> adapters = [];
            foreach (NetworkAdapterConfiguration adapter in machine.NetworkAdapters)
            {
                adapters.Add(Describe(adapter, await PrepareAsync(adapter, cancellation).ConfigureAwait(false)));
            }

            bool any = adapters.Exists(adapter => adapter.Interface is not null);
            return new PreparedPorts(adapters, any ? await host.GetWorkerPrefixAsync(cancellation).ConfigureAwait(false) : []);
        }
        catch
        {
            await ReleaseAsync(machine).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Changes the port of a running machine's adapter outside the worker.</summary>
    /// <exception cref="ApiException">The switch does not exist, or the host cannot do it; the port is as it was.</exception>
    public Task ChangeAsync(NetworkAdapterConfiguration adapter, AdapterWire wire, CancellationToken cancellation) =>
        wire.Socket is not null
            ? host.ChangeAlonePortAsync(adapter.Id, adapter.SwitchId, AdapterRules.ToPolicy(adapter), cancellation)
            : host.ChangePortAsync(adapter.Id, adapter.SwitchId, AdapterRules.ToPolicy(adapter), cancellation);

    /// <summary>The machine with the names of the switches that its adapters are connected to, by which another host may find its own.</summary>
    public MachineConfiguration WithSwitchNames(MachineConfiguration machine)
    {
        IReadOnlyDictionary<Guid, string> names = host.SwitchNames;
        return machine with
        {
            NetworkAdapters = [.. machine.NetworkAdapters.Select(adapter => adapter with { SwitchName = adapter.SwitchId is { } id ? names.GetValueOrDefault(id) : null })],
        };
    }

    /// <summary>What the kernel has counted at an adapter's port; null if there is none.</summary>
    public Task<HostPortCounters?> ReadCountersAsync(Guid adapter, CancellationToken cancellation) => host.ReadPortCountersAsync(adapter, cancellation);

    /// <summary>Removes the ports of all adapters. The next run waits for it.</summary>
    public Task ReleaseAsync(MachineConfiguration machine) => _released = ReleaseAllAsync(machine);

    /// <summary>An adapter as the worker needs it.</summary>
    public static WorkerNetworkAdapter Describe(NetworkAdapterConfiguration adapter, AdapterWire? wire) => new()
    {
        Id = adapter.Id,
        Mac = AdapterRules.ToPolicy(adapter).Address.ToString(),
        Interface = wire?.Interface,
        Socket = wire?.Socket,
        Connected = wire is not null && adapter.SwitchId is not null,
        Port = adapter.Port,
    };

    private async Task<AdapterWire?> PrepareAsync(NetworkAdapterConfiguration adapter, CancellationToken cancellation)
    {
        try
        {
            return await host.PreparePortAsync(adapter.Id, adapter.SwitchId, AdapterRules.ToPolicy(adapter), cancellation).ConfigureAwait(false);
        }
        catch (ApiException) when (adapter.SwitchId is null)
        {
            // A machine without a network runs on a host that can have none; only connecting the adapter later has to wait for the next start.
            return null;
        }
    }

    private async Task ReleaseAllAsync(MachineConfiguration machine)
    {
        foreach (NetworkAdapterConfiguration adapter in machine.NetworkAdapters)
        {
            try
            {
                await host.ReleasePortAsync(adapter.Id, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ApiException)
            {
                // The next start of the machine or of the service removes it.
            }
        }
    }
}
