using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Workers;

namespace Nestvisor.Management.Machines;

/// <content>Network adapters.</content>
internal sealed partial class ManagedMachine
{
    /// <summary>The machine's network adapters.</summary>
    public IReadOnlyList<NetworkAdapterConfiguration> NetworkAdapters => _configuration.NetworkAdapters;

    /// <summary>Changes a network adapter, while the machine runs too.</summary>
    /// <exception cref="ApiException">The change cannot be made; all is as it was.</exception>
    public async Task ChangeAdapterAsync(Guid adapter, ChangeAdapterRequest request, CancellationToken cancellation)
    {
        using Operation operation = await BeginAsync("changed", cancellation).ConfigureAwait(false);
        MachineConfiguration old = _configuration;
        MachineConfiguration changed = AdapterRules.Change(old, adapter, request, await StateAsync(cancellation).ConfigureAwait(false));
        WorkerRun? run;
        lock (_lock)
        {
            run = _run;
        }

        Task Apply(MachineConfiguration machine) =>
            run is null ? Task.CompletedTask : ApplyAsync(run, machine.NetworkAdapters.First(each => each.Id == adapter));
        try
        {
            await Apply(changed).ConfigureAwait(false);
            _store.Save(changed);
        }
        catch
        {
            await Apply(old).ConfigureAwait(false);
            throw;
        }

        lock (_lock)
        {
            _configuration = changed;
        }
    }

    /// <summary>What an adapter's port has counted, in the worker and in the kernel, during the current run; empty if the machine is off.</summary>
    public async Task<IReadOnlyDictionary<string, long>> GetAdapterCountersAsync(Guid adapter, CancellationToken cancellation)
    {
        MachineInfo machine = await DescribeAsync(cancellation).ConfigureAwait(false);
        Dictionary<string, long> counters = new(machine.NetworkAdapters.FirstOrDefault(each => each.Id == adapter)?.Counters ?? new Dictionary<string, long>());
        if (await _ports.ReadCountersAsync(adapter, cancellation).ConfigureAwait(false) is { } kernel)
        {
            counters["Kernel.SentPackets"] = kernel.PacketsSent;
            counters["Kernel.SentBytes"] = kernel.BytesSent;
            counters["Kernel.ReceivedPackets"] = kernel.PacketsReceived;
            counters["Kernel.ReceivedBytes"] = kernel.BytesReceived;
            counters["Kernel.DroppedReceived"] = kernel.DroppedIncoming;
            counters["Kernel.DroppedForeignSource"] = kernel.DroppedSpoofed;
            counters["Kernel.DroppedVlan"] = kernel.DroppedVlan;
        }

        return counters;
    }

    // Dynamic addresses are given at the first start, and stay.
    private void AssignAddresses()
    {
        if (_configuration.NetworkAdapters.All(adapter => adapter.MacAddress is not null))
        {
            return;
        }

        _addresses.Assign(next =>
        {
            MachineConfiguration changed = _configuration with
            {
                NetworkAdapters = [.. _configuration.NetworkAdapters.Select(adapter => adapter.MacAddress is null ? adapter with { MacAddress = next() } : adapter)],
            };
            _store.Save(changed);
            lock (_lock)
            {
                _configuration = changed;
            }
        });
    }

    private async Task ApplyAsync(WorkerRun run, NetworkAdapterConfiguration adapter)
    {
        AdapterWire? wire = run.FindWire(adapter.Id);
        if (wire is not null)
        {
            await _ports.ChangeAsync(adapter, wire, CancellationToken.None).ConfigureAwait(false);
        }
        else if (adapter.SwitchId is not null)
        {
            throw ApiException.InvalidState(
                $"The network adapter '{adapter.Name}' of '{Name}' cannot be connected now: the machine was started on a host that could not give it a "
                + "network interface. Turn the machine off with Stop-VM, connect it, and start it to see what is missing.");
        }

        await run.ChangeAdapterAsync(MachinePorts.Describe(adapter, wire)).ConfigureAwait(false);
    }
}
