using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Networks;

/// <content>Adapters on the default switch of a user who can have no network namespace: a passt(1) for each.</content>
internal sealed partial class ManagedNetwork
{
    private const string WayOut =
        $"As it is, a virtual machine can be connected to '{SwitchRules.DefaultName}' only, where it has a passt of its own and sees no other.";

    /// <inheritdoc/>
    public Task ChangeAlonePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation) => RunAsync(
        () =>
        {
            if (switchId is { } id && id != SwitchInfo.DefaultSwitchId)
            {
                string name = SwitchNames.GetValueOrDefault(id) ?? id.ToString();
                throw ApiException.InvalidState(
                    $"The network adapter cannot be connected to '{name}' now: the machine was started with a passt of the adapter's own, since this user could have no network "
                    + $"namespace. Turn the machine off with Stop-VM, connect it, and start it to see what is missing; or connect it to '{SwitchRules.DefaultName}'.");
            }

            if (switchId is not null && _ports.TryGetValue(adapter, out (Guid? Switch, PortPolicy Policy) old) && old.Switch is null && !IsAlone(adapter))
            {
                throw ApiException.InvalidState("The network adapter cannot be connected now: its passt has ended. Turn the machine off with Stop-VM, and start it.");
            }

            _ports[adapter] = (switchId, policy);
            return Task.FromResult(true);
        },
        cancellation);

    private IReadOnlyList<Guid> AloneAdapters =>
        [.. (_place.Alone?.Running ?? []).Where(adapter => !_ports.TryGetValue(adapter, out (Guid? Switch, PortPolicy Policy) port) || port.Switch is not null)];

    private bool IsAlone(Guid adapter) => _place.Alone?.IsRunning(adapter) == true;

    private async Task<string> StartAloneAsync(Guid adapter, HostNetworkException reason, CancellationToken cancellation)
    {
        try
        {
            return await _place.Alone!.StartAsync(adapter, cancellation).ConfigureAwait(false);
        }
        catch (HostNetworkException error)
        {
            throw new HostNetworkException(error.Problem, $"{reason.Message} Nor is there a network without one: {error.Message}", error);
        }
    }
}
