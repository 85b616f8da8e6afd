using System.Net;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>NATs.</content>
internal sealed partial class ManagedNetwork
{
    /// <summary>All NATs that commands have made, sorted by name.</summary>
    public Task<IReadOnlyList<NatInfo>> DescribeNatsAsync(CancellationToken cancellation) => RunAsync<IReadOnlyList<NatInfo>>(
        () =>
        {
            List<NatInfo> all = [.. _configuration.Nats.Select(Describe)];
            all.Sort(static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
            return Task.FromResult<IReadOnlyList<NatInfo>>(all);
        },
        cancellation);

    /// <summary>Creates a NAT.</summary>
    /// <exception cref="ApiException">It cannot be; then nothing has changed.</exception>
    public Task<NatInfo> CreateNatAsync(CreateNatRequest request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            IPv4Prefix prefix = NatRules.CheckNew(request, _configuration);
            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            await RequireFreeAsync(kernel, prefix).ConfigureAwait(false);
            NatConfiguration nat = new() { Id = Guid.NewGuid(), Name = request.Name, InternalPrefix = prefix.ToString() };
            await SetNatsAsync(kernel, _configuration with { Nats = [.. _configuration.Nats, nat] }).ConfigureAwait(false);
            return Describe(nat);
        },
        cancellation);

    /// <summary>Changes a NAT.</summary>
    /// <exception cref="ApiException">It cannot be; then nothing has changed.</exception>
    public Task<NatInfo> ChangeNatAsync(Guid id, ChangeNatRequest request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            NatTimeouts wanted = request.Timeouts ?? new NatTimeouts();
            NatRules.CheckTimeouts(wanted);
            NatConfiguration old = GetNat(id);
            NatConfiguration changed = old with
            {
                Timeouts = new NatTimeouts
                {
                    TcpEstablished = wanted.TcpEstablished ?? old.Timeouts.TcpEstablished,
                    TcpTransient = wanted.TcpTransient ?? old.Timeouts.TcpTransient,
                    UdpIdle = wanted.UdpIdle ?? old.Timeouts.UdpIdle,
                },
            };
            await ReplaceNatAsync(changed).ConfigureAwait(false);
            return Describe(changed);
        },
        cancellation);

    /// <summary>Removes a NAT with its static mappings. Connections through it break.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task RemoveNatAsync(Guid id, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            NatConfiguration nat = GetNat(id);
            HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
            await SetNatsAsync(kernel, _configuration with { Nats = [.. _configuration.Nats.Where(one => one.Id != nat.Id)] }).ConfigureAwait(false);
            await TidyAsync(kernel).ConfigureAwait(false);
            return true;
        },
        cancellation);

    /// <summary>Adds a static mapping.</summary>
    /// <returns>The mapping with its number.</returns>
    /// <exception cref="ApiException">It cannot be; then nothing has changed.</exception>
    public Task<NatStaticMapping> AddMappingAsync(Guid id, NatStaticMapping mapping, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            NatConfiguration nat = GetNat(id);
            NatStaticMapping added = NatRules.CheckMapping(mapping, nat, _configuration);
            await RequireFreePortAsync(await EnsureKernelAsync().ConfigureAwait(false), added).ConfigureAwait(false);
            await ReplaceNatAsync(nat with { StaticMappings = [.. nat.StaticMappings, added] }, added.Id).ConfigureAwait(false);
            return added;
        },
        cancellation);

    /// <summary>Removes a static mapping.</summary>
    /// <exception cref="ApiException">There is none, or it cannot be.</exception>
    public Task RemoveMappingAsync(Guid id, uint mapping, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            NatConfiguration nat = GetNat(id);
            if (nat.StaticMappings.All(one => one.Id != mapping))
            {
                throw ApiException.NotFound($"The NAT '{nat.Name}' has no static mapping {mapping}.");
            }

            await ReplaceNatAsync(nat with { StaticMappings = [.. nat.StaticMappings.Where(one => one.Id != mapping)] }).ConfigureAwait(false);
            return true;
        },
        cancellation);

    private NatInfo Describe(NatConfiguration nat) => new()
    {
        Id = nat.Id,
        Name = nat.Name,
        InternalPrefix = nat.InternalPrefix,
        Active = _place.Find() is not null,
        Timeouts = nat.Timeouts,
        StaticMappings = nat.StaticMappings,
        Warnings = _warnings,
    };

    private NatConfiguration GetNat(Guid id) =>
        _configuration.Nats.FirstOrDefault(nat => nat.Id == id) ?? throw ApiException.NotFound($"There is no NAT with the identifier {id}.");

    private static TranslatedNetwork TranslatedOf(NatConfiguration nat) => new(
        nat.Id,
        NatRules.Parse(nat.InternalPrefix),
        [.. nat.StaticMappings.Select(static mapping => new TranslatedPort(
            mapping.Protocol == NatProtocol.Udp,
            IPAddress.Parse(mapping.ExternalIPAddress),
            mapping.ExternalPort,
            IPAddress.Parse(mapping.InternalIPAddress),
            mapping.InternalPort,
            NatRules.Parse(mapping.RemoteExternalIPAddressPrefix)))],
        nat.Timeouts.TcpEstablished,
        nat.Timeouts.TcpTransient,
        nat.Timeouts.UdpIdle);

    private async Task ReplaceNatAsync(NatConfiguration changed, uint? mapping = null)
    {
        HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
        await SetNatsAsync(
            kernel,
            _configuration with
            {
                Nats = [.. _configuration.Nats.Select(nat => nat.Id == changed.Id ? changed : nat)],
                LastMapping = mapping ?? _configuration.LastMapping,
            }).ConfigureAwait(false);
    }

    private Task SetNatsAsync(HostKernel kernel, NetworkConfiguration changed) => UndoList.RunAsync(async steps =>
    {
        NetworkConfiguration before = _configuration;
        steps.Do(() => Save(changed), () => Save(_configuration with { Nats = before.Nats }));
        await steps.DoAsync(
            () => SetTranslationAsync(kernel),
            async () =>
            {
                Save(_configuration with { Nats = before.Nats });
                await SetTranslationAsync(kernel).ConfigureAwait(false);
            }).ConfigureAwait(false);
    });

    // What comes to the port would go to the machine, and the program that waits there would wait in vain.
    private static async Task RequireFreePortAsync(HostKernel kernel, NatStaticMapping mapping)
    {
        bool isUdp = mapping.Protocol == NatProtocol.Udp;
        IPAddress address = IPAddress.Parse(mapping.ExternalIPAddress);
        if (await kernel.Listeners.FindAsync(isUdp, address, mapping.ExternalPort).ConfigureAwait(false) is { } listener)
        {
            string program = listener.Program is { } name ? $"the program '{name}' (process {listener.ProcessId})" : "a program";
            string place = kernel.Host.IsElsewhere ? "in this user's network namespace" : "on this host";
            throw ApiException.InUse(
                $"The {(isUdp ? "UDP" : "TCP")} port {mapping.ExternalPort} of {address} is in use {place}: {program} listens on {listener.Address}, "
                + "and nobody outside would reach it any more. Choose another external port, or end the program.");
        }
    }

    // An address of the host's port on an internal switch is in the prefix by intent; any other would be cut off from its network.
    private async Task RequireFreeAsync(HostKernel kernel, IPv4Prefix prefix)
    {
        IReadOnlyList<KernelLink> links = await kernel.Links.ListAsync().ConfigureAwait(false);
        foreach (KernelAddresses entry in await kernel.Addresses.ListAsync().ConfigureAwait(false))
        {
            KernelLink? link = links.FirstOrDefault(one => one.Index == entry.Index);
            bool isInternal = FindPort(entry.Name)?.Switch.Type == SwitchType.Internal;
            foreach (KernelAddress address in entry.Addresses)
            {
                if (!isInternal && address.IsIPv4 && IPv4Prefix.TryParse(address.Text, out IPv4Prefix used) && used.Overlaps(prefix))
                {
                    throw ApiException.InvalidArgument($"The internal prefix {prefix} has addresses of the network that '{link?.Alias ?? entry.Name}' is in ({address.Text}). Choose another.");
                }
            }
        }
    }
}
