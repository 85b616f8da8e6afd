using Nestvisor.Api.Errors;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Tests;

/// <summary>Remembers what is asked of it, and fails when told to.</summary>
internal sealed class FakePortHost : IPortHost
{
    /// <summary>The ports that are there.</summary>
    public Dictionary<Guid, (Guid? Switch, PortPolicy Policy)> Ports { get; } = [];

    /// <summary>Whether to refuse whatever is asked.</summary>
    public bool Fails { get; set; }

    public IReadOnlyDictionary<Guid, string> SwitchNames { get; } = new Dictionary<Guid, string>();

    public Task<AdapterWire> PreparePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation)
    {
        Check();
        Ports[adapter] = (switchId, policy);
        return Task.FromResult(new AdapterWire { Interface = NameOf(adapter) });
    }

    public Task ChangePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation)
    {
        Check();
        Ports[adapter] = (switchId, policy);
        return Task.CompletedTask;
    }

    public Task ChangeAlonePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation) =>
        throw new NotSupportedException("No adapter has a passt of its own here.");

    public Task ReleasePortAsync(Guid adapter, CancellationToken cancellation)
    {
        _ = Ports.Remove(adapter);
        return Task.CompletedTask;
    }

    public Task<HostPortCounters?> ReadPortCountersAsync(Guid adapter, CancellationToken cancellation) => Task.FromResult<HostPortCounters?>(null);

    public Task ReleaseOtherPortsAsync(IReadOnlySet<Guid> running, CancellationToken cancellation)
    {
        foreach (Guid adapter in Ports.Keys.Where(each => !running.Contains(each)).ToList())
        {
            _ = Ports.Remove(adapter);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> GetWorkerPrefixAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>([]);

    public static string NameOf(Guid adapter) => "nvt" + adapter.ToString("N")[..8];

    private void Check()
    {
        if (Fails)
        {
            throw ApiException.Failed("The host has no networks, as told.");
        }
    }
}
