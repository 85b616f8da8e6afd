using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.Hosting;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Management.Machines;

/// <summary>This host and its settings.</summary>
internal sealed class ManagedHost
{
    private readonly Lock _lock = new();
    private readonly HostConfigurationStore _store;
    private readonly NestvisorPaths _paths;
    private readonly string? _unreadable;
    private readonly (MacAddress First, MacAddress Last) _defaultRange = MacAddressRange.MakeDefault();
    private HostConfiguration _configuration = new();

    /// <summary>Reads the settings. A file that cannot be read is left alone, and the host has the defaults.</summary>
    /// <param name="store">Where the settings are kept.</param>
    /// <param name="paths">The service's folders.</param>
    /// <param name="onUnreadable">Told why the settings cannot be read.</param>
    public ManagedHost(HostConfigurationStore store, NestvisorPaths paths, Action<string> onUnreadable)
    {
        _store = store;
        _paths = paths;
        try
        {
            _configuration = store.Load();
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            _unreadable = $"The host's settings '{store.File}' cannot be read and are left alone: {error.Message}";
            onUnreadable(_unreadable);
        }

        // Scripts put disks there without looking first, as they can on Windows.
        _ = Directory.CreateDirectory(DefaultDisks);
    }

    private string DefaultDisks => Path.Combine(_paths.State, "disks");

    /// <summary>The range of MAC addresses that network adapters are given.</summary>
    public (MacAddress First, MacAddress Last) AddressRange
    {
        get
        {
            lock (_lock)
            {
                return _configuration is { MacAddressMinimum: { } first, MacAddressMaximum: { } last }
                    ? MacAddressRange.Parse(first, last)
                    : _defaultRange;
            }
        }
    }

    /// <summary>
    /// The range, to give an address of it. It is kept from then on: the host's own address, which the default comes from, may change, and
    /// another host's may become what it was.
    /// </summary>
    public (MacAddress First, MacAddress Last) TakeAddressRange()
    {
        lock (_lock)
        {
            (MacAddress First, MacAddress Last) range = AddressRange;
            if (_configuration.MacAddressMinimum is null && _unreadable is null)
            {
                HostConfiguration changed = _configuration with { MacAddressMinimum = range.First.ToDigits(), MacAddressMaximum = range.Last.ToDigits() };
                _store.Save(changed);
                _configuration = changed;
            }

            return range;
        }
    }

    /// <summary>The host as it is now.</summary>
    public HostInfo Describe()
    {
        (MacAddress first, MacAddress last) = AddressRange;
        lock (_lock)
        {
            return new HostInfo
            {
                Version = ProductVersion.Current,
                ProcessId = Environment.ProcessId,
                SupportedVersions = ConfigurationVersions.All,
                DefaultVersion = ConfigurationVersions.Default,
                MaximumProcessorCount = MachineRules.MaximumProcessorCount,
                LogicalProcessorCount = HostResources.LogicalProcessors,
                MemoryCapacity = HostResources.Memory,
                VirtualMachinePath = _paths.State,
                VirtualHardDiskPath = _configuration.VirtualHardDiskPath ?? DefaultDisks,
                MacAddressMinimum = first.ToDigits(),
                MacAddressMaximum = last.ToDigits(),
            };
        }
    }

    /// <summary>Changes settings and returns when the change is on the disk.</summary>
    /// <exception cref="ApiException">The change cannot be made.</exception>
    public void Change(ChangeHostRequest change)
    {
        if (change.VirtualMachinePath is { } machines && Normal(machines) != Path.TrimEndingDirectorySeparator(_paths.State))
        {
            throw ApiException.NotSupported(
                $"The folder of configurations cannot be changed to '{machines}' while the service runs: it is '{_paths.State}'. "
                + "Set NESTVISOR_STATE to another folder before the first command.");
        }

        if (change is { VirtualHardDiskPath: null, MacAddressMinimum: null, MacAddressMaximum: null })
        {
            return;
        }

        (MacAddress first, MacAddress last) = AddressRange;
        (first, last) = MacAddressRange.Parse(change.MacAddressMinimum ?? first.ToDigits(), change.MacAddressMaximum ?? last.ToDigits());
        lock (_lock)
        {
            if (_unreadable is not null)
            {
                throw ApiException.Failed($"{_unreadable} Remove the file to set the host up anew, and end the service.");
            }

            HostConfiguration changed = _configuration;
            if (change.MacAddressMinimum is not null || change.MacAddressMaximum is not null)
            {
                changed = changed with { MacAddressMinimum = first.ToDigits(), MacAddressMaximum = last.ToDigits() };
            }

            if (change.VirtualHardDiskPath is { } disks)
            {
                changed = changed with { VirtualHardDiskPath = Normal(disks) };
                MakeFolder(changed.VirtualHardDiskPath);
            }

            _store.Save(changed);
            _configuration = changed;
        }
    }

    private static string Normal(string path) => Path.IsPathFullyQualified(path)
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
        : throw ApiException.InvalidArgument($"'{path}' is not an absolute path.");

    private static void MakeFolder(string path)
    {
        try
        {
            _ = Directory.CreateDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ApiException.InvalidArgument($"The folder '{path}' cannot be made: {error.Message}");
        }
    }
}
