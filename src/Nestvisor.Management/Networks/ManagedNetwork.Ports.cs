using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Networks;

/// <content>The ports of running machines.</content>
internal sealed partial class ManagedNetwork
{
    // What ports are, to go back to if a change fails; of those that an earlier service made only what the kernel says is known.
    private readonly Dictionary<Guid, (Guid? Switch, PortPolicy Policy)> _ports = [];

    /// <inheritdoc/>
    public IReadOnlyDictionary<Guid, string> SwitchNames => _configuration.Switches.Append(SwitchRules.Default).ToDictionary(one => one.Id, one => one.Name);

    /// <inheritdoc/>
    public Task<AdapterWire> PreparePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            if (switchId is null && _place.IsUsers && _place.Find() is null)
            {
                throw ApiException.NotSupported("A user's network namespace is made with the first switch or the first adapter on one.");
            }

            HostKernel kernel;
            try
            {
                kernel = await EnsureKernelAsync().ConfigureAwait(false);
            }
            catch (HostNetworkException error) when (error.Problem == HostNetworkProblem.NoNamespace && switchId == SwitchInfo.DefaultSwitchId)
            {
                string socket = await StartAloneAsync(adapter, error, cancellation).ConfigureAwait(false);
                _ports[adapter] = (switchId, policy);
                return new AdapterWire { Socket = socket };
            }

            string tap = InterfaceNames.Tap(adapter);
            await RemovePortAsync(kernel, adapter).ConfigureAwait(false);
            if (switchId is null)
            {
                // Switched off and on no bridge it needs no rules; they come when it is connected. So a machine without a network starts soon.
                await kernel.Links.AddTapAsync(tap, InterfaceNames.MarkOfAdapter(kernel.Host.Instance, adapter)).ConfigureAwait(false);
                _ports[adapter] = (null, policy);
                return new AdapterWire { Interface = tap };
            }

            await UndoList.RunAsync(async steps =>
            {
                await steps.DoAsync(
                    () => EnsureSwitchAsync(kernel, switchId),
                    () => RemoveUnusedDefaultAsync(kernel)).ConfigureAwait(false);
                await steps.DoAsync(
                    () => kernel.Rules.SetAsync(tap, policy, IsHidden(switchId)),
                    () => kernel.Rules.RemoveAsync(tap)).ConfigureAwait(false);
                await steps.DoAsync(
                    () => kernel.Links.AddTapAsync(tap, InterfaceNames.MarkOfAdapter(kernel.Host.Instance, adapter)),
                    () => kernel.Links.DeleteAsync(tap)).ConfigureAwait(false);
                if (switchId is not null)
                {
                    await AttachAsync(kernel, tap, switchId, policy).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
            _ports[adapter] = (switchId, policy);
            return new AdapterWire { Interface = tap };
        },
        cancellation);

    /// <inheritdoc/>
    public Task ChangePortAsync(Guid adapter, Guid? switchId, PortPolicy policy, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            string tap = InterfaceNames.Tap(adapter);
            KernelLink link = await kernel.Links.FindAsync(InterfaceNames.MarkOfAdapter(kernel.Host.Instance, adapter)).ConfigureAwait(false)
                ?? throw ApiException.NotFound($"The network adapter {adapter} has no interface '{tap}' on this host: its virtual machine does not run, or somebody has removed it.");
            if (!_ports.TryGetValue(adapter, out (Guid? Switch, PortPolicy Policy) old))
            {
                old = (SwitchOfBridge(link.Master), policy);
            }

            await UndoList.RunAsync(async steps =>
            {
                await steps.DoAsync(() => EnsureSwitchAsync(kernel, switchId), () => RemoveUnusedDefaultAsync(kernel)).ConfigureAwait(false);

                // Between two networks it is in none, so that no frame meets the rules of the other.
                await steps.DoAsync(
                    () => kernel.Links.SetUpAsync(tap, false),
                    () => AttachAsync(kernel, tap, old.Switch, old.Policy)).ConfigureAwait(false);
                await steps.DoAsync(
                    () => kernel.Rules.SetAsync(tap, policy, IsHidden(switchId)),
                    () => kernel.Rules.SetAsync(tap, old.Policy, IsHidden(old.Switch))).ConfigureAwait(false);
                await AttachAsync(kernel, tap, switchId, policy).ConfigureAwait(false);
            }).ConfigureAwait(false);
            _ports[adapter] = (switchId, policy);
            await RemoveUnusedDefaultAsync(kernel).ConfigureAwait(false);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task ReleasePortAsync(Guid adapter, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            if (_place.Alone is { } alone)
            {
                await alone.StopAsync(adapter).ConfigureAwait(false);
            }

            if (_place.Find() is { } kernel)
            {
                await RemovePortAsync(kernel, adapter).ConfigureAwait(false);
                await RemoveUnusedDefaultAsync(kernel).ConfigureAwait(false);
                await TidyAsync(kernel).ConfigureAwait(false);
            }

            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task ReleaseOtherPortsAsync(IReadOnlySet<Guid> running, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            if (_place.Alone is { } alone)
            {
                await alone.StopOthersAsync(running).ConfigureAwait(false);
            }

            if (_place.Find() is { } kernel && HasProgram("ip"))
            {
                bool any = false;
                foreach (KernelLink link in await kernel.Links.ListAsync(cancellation).ConfigureAwait(false))
                {
                    if (InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames) is { } adapter && !running.Contains(adapter))
                    {
                        await RemovePortAsync(kernel, adapter).ConfigureAwait(false);
                        any = true;
                    }
                }

                if (any)
                {
                    await RemoveUnusedDefaultAsync(kernel).ConfigureAwait(false);
                    await TidyAsync(kernel).ConfigureAwait(false);
                }
            }

            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task<HostPortCounters?> ReadPortCountersAsync(Guid adapter, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            string tap = InterfaceNames.Tap(adapter);
            if (_place.Find() is not { } kernel || await kernel.Links.ReadStatisticsAsync(tap, cancellation).ConfigureAwait(false) is not { } statistics)
            {
                return null;
            }

            // What the host sends into the interface the guest receives.
            (long spoofed, long tagged) = await kernel.Rules.ReadCountersAsync(tap, cancellation).ConfigureAwait(false);
            return new HostPortCounters
            {
                PacketsReceived = statistics.Sent.Packets,
                BytesReceived = statistics.Sent.Bytes,
                DroppedIncoming = statistics.Sent.Dropped,
                PacketsSent = statistics.Received.Packets,
                BytesSent = statistics.Received.Bytes,
                DroppedSpoofed = spoofed,
                DroppedVlan = tagged,
            };
        },
        cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> GetWorkerPrefixAsync(CancellationToken cancellation) => RunAsync(
        async () =>
        {
            _ = await EnsureKernelAsync().ConfigureAwait(false);
            return _place.Prefix;
        },
        cancellation);

    private async Task EnsureSwitchAsync(HostKernel kernel, Guid? switchId)
    {
        if (switchId is not { } id)
        {
            return;
        }

        if (id == SwitchInfo.DefaultSwitchId)
        {
            await EnsureDefaultAsync(kernel).ConfigureAwait(false);
            return;
        }

        SwitchConfiguration configuration = FindSwitch(id)
            ?? throw ApiException.NotFound($"The virtual switch with the identifier {id} does not exist any more. Connect the adapter to another with Connect-VMNetworkAdapter.");
        if (await kernel.Links.FindAsync(InterfaceNames.MarkOfSwitch(kernel.Host.Instance, id)).ConfigureAwait(false) is null)
        {
            await new SwitchKernel(kernel).BuildAsync(await RefreshUplinkAsync(kernel, configuration).ConfigureAwait(false)).ConfigureAwait(false);
        }

        // A firewall may have been started or loaded anew since.
        await SetTranslationAsync(kernel).ConfigureAwait(false);
        foreach (string warning in _warnings)
        {
            _complain(warning);
        }
    }

    private static async Task AttachAsync(HostKernel kernel, string tap, Guid? switchId, PortPolicy policy)
    {
        if (switchId is { } id)
        {
            await kernel.Links.AttachAsync(tap, InterfaceNames.Bridge(id), policy.Address, policy.MacAddressSpoofing).ConfigureAwait(false);
        }
        else
        {
            // Switched off: the host itself would answer what comes out of an interface that is on no bridge.
            await kernel.Links.SetUpAsync(tap, false).ConfigureAwait(false);
            await kernel.Links.DetachAsync(tap).ConfigureAwait(false);
        }
    }

    private async Task RemovePortAsync(HostKernel kernel, Guid adapter)
    {
        string tap = InterfaceNames.Tap(adapter);
        _ = _ports.Remove(adapter);
        if (await kernel.Links.FindAsync(tap).ConfigureAwait(false) is { } link)
        {
            if (InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames) != adapter)
            {
                throw new HostNetworkException(
                    HostNetworkProblem.Refused,
                    $"The network adapter {adapter} needs the interface name '{tap}', which another interface has. Remove that with: ip link delete {tap}");
            }

            await kernel.Links.DeleteAsync(tap).ConfigureAwait(false);
            await kernel.Rules.RemoveAsync(tap).ConfigureAwait(false);
        }
    }

    private async Task RemoveUnusedDefaultAsync(HostKernel kernel)
    {
        if (await IsDefaultUpAsync(kernel).ConfigureAwait(false) && (await PortsOfAsync(kernel, SwitchInfo.DefaultSwitchId).ConfigureAwait(false)).Count == 0)
        {
            await RemoveDefaultAsync(kernel).ConfigureAwait(false);
            await SetTranslationAsync(kernel).ConfigureAwait(false);
        }
    }

    private bool IsHidden(Guid? switchId) =>
        switchId is { } id && id != SwitchInfo.DefaultSwitchId && FindSwitch(id) is { HasHostPort: false };

    private Guid? SwitchOfBridge(string? bridge)
    {
        foreach (SwitchConfiguration configuration in _configuration.Switches.Append(SwitchRules.Default))
        {
            if (InterfaceNames.Bridge(configuration.Id) == bridge)
            {
                return configuration.Id;
            }
        }

        return null;
    }
}
