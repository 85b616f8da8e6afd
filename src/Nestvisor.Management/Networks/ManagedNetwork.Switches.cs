using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>Virtual switches.</content>
internal sealed partial class ManagedNetwork
{
    /// <summary>All switches, sorted by name.</summary>
    public Task<IReadOnlyList<SwitchInfo>> DescribeSwitchesAsync(CancellationToken cancellation) => RunAsync(() => DescribeAllAsync(cancellation), cancellation);

    /// <summary>Creates a switch.</summary>
    /// <exception cref="ApiException">It cannot be; then nothing has changed.</exception>
    public Task<SwitchInfo> CreateSwitchAsync(CreateSwitchRequest request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            RequireReadable();
            SwitchRules.CheckNew(request, _configuration, _place.IsUsers);
            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            bool hostPort = request.Type == SwitchType.Internal || (request.Type == SwitchType.External && request.AllowManagementOS != false);
            SwitchConfiguration configuration = new()
            {
                Id = request.Id ?? Guid.NewGuid(),
                Name = request.Name,
                Type = request.Type,
                Notes = request.Notes,
                AllowManagementOS = hostPort,
                Uplink = request.Uplink is { } uplink ? await kernel.Uplinks.CheckAsync(uplink, hostPort).ConfigureAwait(false) : null,
            };
            HostAdapterRules.RequireUnique(configuration, _configuration);
            IReadOnlyList<string> names = await WarnOfNamesAsync(configuration, cancellation).ConfigureAwait(false);
            NetworkConfiguration before = _configuration;
            SwitchKernel switches = new(kernel);
            await UndoList.RunAsync(async steps =>
            {
                // Undone last, when all is as it was.
                await steps.DoAsync(() => Task.CompletedTask, () => SetTranslationAsync(kernel)).ConfigureAwait(false);
                steps.Do(() => Save(before with { Unfinished = configuration }), () => Save(_configuration with { Unfinished = null }));
                await steps.DoAsync(() => switches.BuildAsync(configuration), () => switches.RemoveAsync(configuration)).ConfigureAwait(false);
                steps.Do(
                    () => Save(_configuration with { Unfinished = null, Switches = [.. before.Switches, configuration] }),
                    () => Save(_configuration with { Switches = before.Switches }));
                await SetTranslationAsync(kernel).ConfigureAwait(false);
            }).ConfigureAwait(false);
            return await DescribeOneAsync(configuration.Id, names, cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>Changes a switch.</summary>
    /// <exception cref="ApiException">It cannot be; then nothing has changed.</exception>
    public Task<SwitchInfo> ChangeSwitchAsync(Guid id, ChangeSwitchRequest request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            RequireReadable();
            SwitchConfiguration old = GetSwitch(id, "changed");
            SwitchConfiguration changed = SwitchRules.Change(old, request, _configuration, _place.IsUsers);
            HostAdapterRules.RequireUnique(changed, _configuration);
            bool rebuilt = changed with { Notes = old.Notes, Name = old.Name } != old || request.Uplink is not null;
            if (!rebuilt && changed.Name == old.Name)
            {
                Save(WithSwitch(changed));
                return await DescribeOneAsync(id, [], cancellation).ConfigureAwait(false);
            }

            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            if (request.Uplink is { } uplink && uplink != old.Uplink?.Name)
            {
                changed = changed with { Uplink = await kernel.Uplinks.CheckAsync(uplink, changed.AllowManagementOS).ConfigureAwait(false) };
            }

            IReadOnlyList<string> names = changed.Uplink?.Name != old.Uplink?.Name ? await WarnOfNamesAsync(changed, cancellation).ConfigureAwait(false) : [];
            await ApplyAsync(kernel, old, changed).ConfigureAwait(false);
            return await DescribeOneAsync(id, names, cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>Removes a switch that no running machine is connected to; what it had of the host goes back.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task RemoveSwitchAsync(Guid id, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            RequireReadable();
            SwitchConfiguration configuration = GetSwitch(id, "removed");
            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            int ports = (await PortsOfAsync(kernel, id).ConfigureAwait(false)).Count;
            if (ports > 0)
            {
                throw ApiException.InUse(
                    $"Failed while removing virtual Ethernet switch.\nThe virtual switch '{configuration.Name}' cannot be deleted because it is being used by running virtual machines: "
                    + $"{ports} {(ports == 1 ? "network adapter is" : "network adapters are")} connected to it. Disconnect with Disconnect-VMNetworkAdapter, or turn the virtual machines off.");
            }

            NetworkConfiguration rest = _configuration with { Switches = [.. _configuration.Switches.Where(one => one.Id != id)], Unfinished = configuration };
            SwitchKernel switches = new(kernel);

            // From here on it is gone: what of it cannot be removed now is removed when the service starts next.
            Save(rest);
            await switches.RemoveAsync(configuration).ConfigureAwait(false);
            Save(_configuration with { Unfinished = null });
            await SetTranslationAsync(kernel).ConfigureAwait(false);
            await TidyAsync(kernel).ConfigureAwait(false);
            return true;
        },
        cancellation);

    // Makes a switch that is there another, in the settings and in the kernel: both or neither.
    private async Task ApplyAsync(HostKernel kernel, SwitchConfiguration old, SwitchConfiguration changed)
    {
        SwitchKernel switches = new(kernel);
        NetworkConfiguration before = _configuration;
        List<string> ports = await PortsOfAsync(kernel, old.Id).ConfigureAwait(false);
        await UndoList.RunAsync(async steps =>
        {
            // Undone last, when all is as it was.
            await steps.DoAsync(() => Task.CompletedTask, () => SetTranslationAsync(kernel)).ConfigureAwait(false);
            steps.Do(() => Save(_configuration with { Unfinished = changed }), () => Save(_configuration with { Unfinished = null }));

            // It undoes itself if it fails.
            await switches.ChangeAsync(old, changed, ports).ConfigureAwait(false);
            await steps.DoAsync(() => Task.CompletedTask, () => switches.ChangeAsync(changed, old, ports)).ConfigureAwait(false);
            steps.Do(() => Save(WithSwitch(changed) with { Unfinished = null }), () => Save(_configuration with { Switches = before.Switches }));
            await SetTranslationAsync(kernel).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private SwitchConfiguration GetSwitch(Guid id, string participle) =>
        id == SwitchInfo.DefaultSwitchId
            ? throw ApiException.InvalidState($"The virtual switch '{SwitchRules.DefaultName}' cannot be {participle}: every host has it as it is.")
            : FindSwitch(id) ?? throw ApiException.NotFound($"Hyper-V was unable to find a virtual switch with id \"{id}\".");

    private async Task<SwitchInfo> DescribeOneAsync(Guid id, IReadOnlyList<string> warnings, CancellationToken cancellation)
    {
        SwitchInfo info = (await DescribeAllAsync(cancellation).ConfigureAwait(false)).First(one => one.Id == id);
        return info with { Warnings = [.. info.Warnings, .. warnings] };
    }

    private async Task<IReadOnlyList<SwitchInfo>> DescribeAllAsync(CancellationToken cancellation)
    {
        HostKernel? kernel = _place.Find();
        IReadOnlyList<KernelLink> links = [];
        string? problem = null;
        try
        {
            links = kernel is null ? [] : await kernel.Links.ListAsync(cancellation).ConfigureAwait(false);
        }
        catch (HostNetworkException error)
        {
            // The settings can be shown all the same.
            problem = error.Message;
        }

        List<SwitchInfo> all = [.. _configuration.Switches.Select(one => Describe(one, kernel, links, problem)), Describe(SwitchRules.Default, kernel, links, null)];
        all.Sort(static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
        return all;
    }

    private SwitchInfo Describe(SwitchConfiguration configuration, HostKernel? kernel, IReadOnlyList<KernelLink> links, string? problem)
    {
        string bridge = InterfaceNames.Bridge(configuration.Id);
        KernelLink? link = links.FirstOrDefault(one => one.Name == bridge);
        bool isDefault = configuration.Id == SwitchInfo.DefaultSwitchId;
        List<string> warnings = problem is null ? [.. _warnings] : [problem];
        if (link is null && problem is null && !isDefault && !_place.IsUsers)
        {
            warnings.Add($"The bridge '{bridge}' of the virtual switch '{configuration.Name}' is not there. It is made when a virtual machine needs it, or when the service starts.");
        }

        IReadOnlyList<Guid> alone = isDefault ? AloneAdapters : [];
        if (alone.Count > 0)
        {
            warnings.Add($"Adapters on '{configuration.Name}' have a passt each, since this user can have no network namespace. {AloneNetwork.Lost}");
        }

        return new SwitchInfo
        {
            Id = configuration.Id,
            Name = configuration.Name,
            Type = configuration.Type,
            Notes = configuration.Notes,
            IsDefault = isDefault,
            AllowManagementOS = configuration.HasHostPort || configuration.HostAdapters.Count > 0,
            Uplink = configuration.Uplink?.Name,
            Bridge = bridge,
            InterfaceIndex = link?.Index,
            HostInterface = configuration.HasHostPort ? new HostPort(configuration, null).Alias : null,
            HostPorts = DescribePorts(configuration, links),
            ConnectedAdapters = [.. kernel is null ? [] : AdaptersOn(kernel, links, bridge), .. alone],
            Warnings = warnings,
        };
    }

    private static IEnumerable<Guid> AdaptersOn(HostKernel kernel, IReadOnlyList<KernelLink> links, string bridge)
    {
        foreach (KernelLink link in links)
        {
            if (link.Master == bridge && InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames) is { } adapter)
            {
                yield return adapter;
            }
        }
    }

    private static async Task<List<string>> PortsOfAsync(HostKernel kernel, Guid id)
    {
        IReadOnlyList<KernelLink> links = await kernel.Links.ListAsync().ConfigureAwait(false);
        return [.. AdaptersOn(kernel, links, InterfaceNames.Bridge(id)).Select(InterfaceNames.Tap)];
    }

    // Where nothing of ours is left, nothing of its surroundings stays either.
    private async Task TidyAsync(HostKernel kernel)
    {
        if (_configuration.Switches.Count > 0 || _configuration.Nats.Count > 0)
        {
            return;
        }

        foreach (KernelLink link in await kernel.Links.ListAsync().ConfigureAwait(false))
        {
            if (InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames) is not null
                || InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames) is not null)
            {
                return;
            }
        }

        if (HasProgram("nft"))
        {
            await kernel.Rules.RemoveAllAsync().ConfigureAwait(false);
        }

        await _place.EndAsync().ConfigureAwait(false);
    }
}
