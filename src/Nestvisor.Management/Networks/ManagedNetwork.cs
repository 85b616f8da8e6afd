using System.Text.Json;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <summary>
/// The virtual switches, NATs and ports of this service. What commands have made is kept in a file; the kernel is made to agree with it when
/// the service starts, and by each operation. Operations come one after another.
/// </summary>
internal sealed partial class ManagedNetwork : IPortHost
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly NetworkStore _store;
    private readonly NetworkPlace _place;
    private readonly Action<string> _complain;
    private readonly string? _unreadable;
    private NetworkConfiguration _configuration = new();
    private IReadOnlyList<string> _warnings = [];

    // Whether the operation that runs has made a user's place.
    private bool _isPlaceNew;

    /// <summary>Reads the settings. A file that cannot be read is left alone, and nothing can be changed until it is removed.</summary>
    /// <param name="store">Where the settings are kept.</param>
    /// <param name="place">Where the switches are.</param>
    /// <param name="complain">Told of what is not as it should be.</param>
    public ManagedNetwork(NetworkStore store, NetworkPlace place, Action<string> complain)
    {
        _store = store;
        _place = place;
        _complain = complain;
        try
        {
            _configuration = store.Load();
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            _unreadable = $"The networks' settings '{store.File}' cannot be read and are left alone: {error.Message}";
            complain(_unreadable);
        }
    }

    /// <summary>
    /// Makes the kernel agree with the settings: after a restart of the service there is nothing to do, after one of the host everything. What
    /// is ours and not in the settings is removed.
    /// </summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        if (_unreadable is not null)
        {
            return;
        }

        try
        {
            _ = await RunAsync<bool>(
                async () =>
                {
                    bool needed = _configuration.Switches.Count > 0 || _configuration.Nats.Count > 0 || _configuration.Unfinished is not null;

                    // Of a user's place that is not there nothing needs to be made before a command needs it.
                    if (_place.Find() is { } kernel && (needed || HasProgram("ip")))
                    {
                        await RebuildAsync(kernel).ConfigureAwait(false);
                        await TidyAsync(kernel).ConfigureAwait(false);
                    }

                    return true;
                },
                cancellation).ConfigureAwait(false);
        }
        catch (ApiException error)
        {
            // A host where networks are not possible runs machines all the same; the first command on networks says it again.
            _complain(error.Message);
        }
    }

    // Makes a user's place and all that belongs there, if it is not there.
    private async Task<HostKernel> EnsureKernelAsync()
    {
        (HostKernel kernel, bool isNew) = await _place.EnsureAsync().ConfigureAwait(false);
        if (isNew)
        {
            _isPlaceNew = true;
            await RebuildAsync(kernel).ConfigureAwait(false);
        }

        return kernel;
    }

    private async Task RebuildAsync(HostKernel kernel)
    {
        SwitchKernel switches = new(kernel);
        if (_configuration.Unfinished is { } unfinished)
        {
            await (FindSwitch(unfinished.Id) is { } kept
                ? switches.ChangeAsync(unfinished, kept, await PortsOfAsync(kernel, kept.Id).ConfigureAwait(false))
                : switches.RemoveAsync(unfinished)).ConfigureAwait(false);
            Save(_configuration with { Unfinished = null });
        }

        foreach (KernelLink link in await kernel.Links.ListAsync().ConfigureAwait(false))
        {
            if (InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames) is { } id && id != SwitchInfo.DefaultSwitchId && FindSwitch(id) is null)
            {
                await kernel.Links.DeleteAsync(link.Name).ConfigureAwait(false);
            }
            else if (HostAdapterOf(kernel, link) is { } adapter && !_configuration.Switches.Any(one => one.HostAdapters.Any(each => each.Id == adapter)))
            {
                await kernel.Links.DeleteAsync(link.Name).ConfigureAwait(false);
                await kernel.Rules.RemoveHostAdapterAsync(InterfaceNames.HostAdapterPort(adapter)).ConfigureAwait(false);
            }
        }

        foreach (SwitchConfiguration configuration in _configuration.Switches)
        {
            try
            {
                SwitchConfiguration current = await RefreshUplinkAsync(kernel, configuration).ConfigureAwait(false);
                await switches.BuildAsync(current).ConfigureAwait(false);
            }
            catch (HostNetworkException error)
            {
                // The others work without it.
                _complain(error.Message);
            }
        }

        if (await IsDefaultUpAsync(kernel).ConfigureAwait(false))
        {
            await BuildDefaultAsync(kernel).ConfigureAwait(false);
        }
        else
        {
            // One that outlived its bridge or its namespace serves nobody.
            await kernel.Dhcp.StopAsync().ConfigureAwait(false);
        }

        await SetTranslationAsync(kernel).ConfigureAwait(false);
    }

    private static Guid? HostAdapterOf(HostKernel kernel, KernelLink link) =>
        InterfaceNames.HostAdapterOf(kernel.Host.Instance, link.AlternativeNames) ?? InterfaceNames.PartOfHostAdapter(kernel.Host.Instance, link.AlternativeNames);

    // After a restart of the host its own settings have given the interface addresses again; those are what it gets back one day.
    private async Task<SwitchConfiguration> RefreshUplinkAsync(HostKernel kernel, SwitchConfiguration configuration)
    {
        if (configuration.Uplink is null || await kernel.Links.FindAsync(InterfaceNames.Bridge(configuration.Id)).ConfigureAwait(false) is not null)
        {
            return configuration;
        }

        UplinkState now = await kernel.Uplinks.CheckAsync(configuration.Uplink.Name, configuration.AllowManagementOS).ConfigureAwait(false);
        if (now.Leases.Count == 0)
        {
            // The DHCP server may not have answered yet.
            now = now with { Leases = configuration.Uplink.Leases, Management = now.Management ?? configuration.Uplink.Management };
        }

        bool isKnown = now.Addresses.Count > 0 || now.Management is not null;
        SwitchConfiguration refreshed = configuration with { Uplink = isKnown ? now : configuration.Uplink };
        Save(WithSwitch(refreshed));
        return refreshed;
    }

    // The NATs, the way through the firewall, and whether the host forwards: all that depends on all switches and NATs together.
    private async Task SetTranslationAsync(HostKernel kernel)
    {
        List<TranslatedNetwork> networks = [.. _configuration.Nats.Select(TranslatedOf)];
        string? served = null;
        if (await IsDefaultUpAsync(kernel).ConfigureAwait(false) && DefaultPrefix is { } prefix)
        {
            served = InterfaceNames.Bridge(SwitchInfo.DefaultSwitchId);
            networks.Add(new TranslatedNetwork(SwitchInfo.DefaultSwitchId, prefix, []));
        }

        List<string> bridges = [];
        foreach (KernelLink link in await kernel.Links.ListAsync().ConfigureAwait(false))
        {
            if (InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames) is not null)
            {
                bridges.Add(link.Name);
            }
        }

        if (networks.Count + bridges.Count == 0 && !HasProgram("nft"))
        {
            // Nothing is needed, and without the program nothing of ours can be there.
            return;
        }

        await SetForwardingAsync(kernel, networks.Count > 0).ConfigureAwait(false);
        IEnumerable<BridgedAdapter> adapters = _configuration.Switches.SelectMany(one =>
            one.HostAdapters.Select(adapter => new BridgedAdapter(InterfaceNames.Bridge(one.Id), HostAdapterKernel.AddressOf(adapter))));
        await kernel.Translation.SetAsync(networks, [.. adapters]).ConfigureAwait(false);
        _warnings = await kernel.Firewall.SetAsync(bridges, [.. networks.Select(network => network.Prefix)], served).ConfigureAwait(false);
    }

    private async Task SetForwardingAsync(HostKernel kernel, bool needed)
    {
        const string setting = "net/ipv4/ip_forward";
        if (needed && await kernel.Host.ReadSettingAsync(setting).ConfigureAwait(false) == "0")
        {
            // First in the settings: a service that ends meanwhile must not leave it on without knowing.
            Save(_configuration with { SwitchedForwardingOn = true });
            try
            {
                await kernel.Host.WriteSettingAsync(setting, "1").ConfigureAwait(false);
            }
            catch (HostNetworkException)
            {
                // What is on all the same is switched off with what has to be undone.
                Save(_configuration with { SwitchedForwardingOn = await kernel.Host.ReadSettingAsync(setting).ConfigureAwait(false) == "1" });
                throw;
            }
        }
        else if (!needed && _configuration.SwitchedForwardingOn)
        {
            await kernel.Host.WriteSettingAsync(setting, "0").ConfigureAwait(false);
            Save(_configuration with { SwitchedForwardingOn = false });
        }
    }

    private static bool HasProgram(string program)
    {
        try
        {
            return CommandRunner.Find(program).Length > 0;
        }
        catch (HostNetworkException)
        {
            return false;
        }
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> operation, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        _isPlaceNew = false;
        try
        {
            return await DoAsync(operation).ConfigureAwait(false);
        }
        catch (HostNetworkException error)
        {
            throw Translate(error);
        }
        finally
        {
            _ = _gate.Release();
        }
    }

    private async Task<T> DoAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch when (_isPlaceNew)
        {
            await LeaveNewPlaceAsync().ConfigureAwait(false);
            throw;
        }
    }

    // An operation that failed leaves no namespace behind that was made for it alone.
    private async Task LeaveNewPlaceAsync()
    {
        try
        {
            if (_place.Find() is { } kernel)
            {
                await TidyAsync(kernel).ConfigureAwait(false);
            }
        }
        catch (HostNetworkException error)
        {
            // What the caller is told is why the operation failed.
            _complain(error.Message);
        }
    }

    private static ApiException Translate(HostNetworkException error) => error.Problem switch
    {
        HostNetworkProblem.MissingProgram => new(ApiErrorCode.OperationFailed, ApiErrorCategory.ResourceUnavailable, error.Message, error),
        HostNetworkProblem.NotPermitted => new(ApiErrorCode.AccessDenied, ApiErrorCategory.PermissionDenied, error.Message, error),
        HostNetworkProblem.NoNamespace => new(ApiErrorCode.AccessDenied, ApiErrorCategory.PermissionDenied, $"{error.Message} {WayOut}", error),
        HostNetworkProblem.Unsupported => ApiException.NotSupported(error.Message),
        HostNetworkProblem.Refused => new(ApiErrorCode.InvalidParameter, ApiErrorCategory.InvalidArgument, error.Message, error),
        _ => ApiException.Failed(error.Message, error),
    };

    private void RequireReadable()
    {
        if (_unreadable is not null)
        {
            throw ApiException.Failed($"{_unreadable} Remove the file to set the networks up anew, and end the service.");
        }
    }

    private void Save(NetworkConfiguration configuration)
    {
        RequireReadable();
        _store.Save(configuration);
        _configuration = configuration;
    }

    private SwitchConfiguration? FindSwitch(Guid id) => _configuration.Switches.FirstOrDefault(one => one.Id == id);

    private NetworkConfiguration WithSwitch(SwitchConfiguration changed) => _configuration with
    {
        Switches = [.. _configuration.Switches.Select(one => one.Id == changed.Id ? changed : one)],
    };
}
