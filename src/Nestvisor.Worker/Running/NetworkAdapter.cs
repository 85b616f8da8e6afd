using System.ComponentModel;
using Nestvisor.Api.Networks;
using Nestvisor.Api.Worker;
using Nestvisor.Devices.Virtio;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Worker.Running;

/// <summary>A network adapter of the machine and the port behind it.</summary>
internal sealed class NetworkAdapter
{
    /// <summary>Most pairs of queues: more do not make a guest's network faster, and each has a thread.</summary>
    private const int MostQueues = 8;

    private readonly WorkerNetworkAdapter _configuration;
    private readonly ICablePort? _wire;
    private readonly SwitchPort _port;

    private NetworkAdapter(WorkerNetworkAdapter configuration, PortPolicy policy, ICablePort? wire)
    {
        _configuration = configuration;
        _wire = wire;
        _port = new SwitchPort((INetworkPort?)wire ?? new UnconnectedPort(), policy, TimeProvider.System);
        Device = new VirtioNetwork(_port, policy.Address);
    }

    /// <summary>Identifier of the adapter.</summary>
    public Guid Id => _configuration.Id;

    /// <summary>What the guest finds; it owns the port.</summary>
    public VirtioNetwork Device { get; }

    /// <summary>Opens the adapter's interface, or connects to its passt.</summary>
    /// <param name="configuration">The adapter.</param>
    /// <param name="processors">Number of the machine's processors.</param>
    /// <exception cref="ConfigurationException">A value is wrong, or the interface cannot be used.</exception>
    public static NetworkAdapter Create(WorkerNetworkAdapter configuration, int processors)
    {
        if (!MacAddress.TryParse(configuration.Mac, out MacAddress address) || !address.IsUnicast)
        {
            throw new ConfigurationException(
                $"'{configuration.Mac}' is not the MAC address of a network adapter. Write it like 00:15:5d:01:02:03.");
        }

        PortPolicy policy = ToPolicy(configuration.Port, address);
        try
        {
            return new NetworkAdapter(configuration, policy, Open(configuration, processors));
        }
        catch (Exception e) when (configuration.Socket is not null && e is (Win32Exception or ArgumentException))
        {
            throw new ConfigurationException($"The network adapter {configuration.Mac} cannot use passt: {e.Message} It must wait there for its only client.", e);
        }
        catch (Exception e) when (e is Win32Exception or ArgumentException)
        {
            throw new ConfigurationException(
                $"The network adapter {configuration.Mac} cannot use the network interface '{configuration.Interface}': {e.Message} It must be a TAP "
                + "interface with several queues that this user may use and nobody else does.",
                e);
        }
    }

    /// <summary>Plugs the cable in or out and changes what the port lets through.</summary>
    /// <exception cref="InvalidOperationException">The change is none that can be made while the machine runs.</exception>
    public void Change(WorkerNetworkAdapter change)
    {
        if (change.Mac != _configuration.Mac || change.Interface != _configuration.Interface || change.Socket != _configuration.Socket)
        {
            throw new InvalidOperationException($"The address and the interface of network adapter {Id} cannot change while the machine runs.");
        }

        if (change.Connected && _wire is null)
        {
            throw new InvalidOperationException($"Network adapter {Id} was started without a network interface and cannot be connected.");
        }

        try
        {
            _port.Policy = ToPolicy(change.Port, _port.Policy.Address);
        }
        catch (ConfigurationException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }

        if (_wire is not null && _wire.IsConnected != change.Connected)
        {
            _wire.IsConnected = change.Connected;
        }
    }

    /// <summary>Tells how it is.</summary>
    public WorkerAdapterStatus Describe()
    {
        Dictionary<string, long> counters = [];
        foreach (PortCounter counter in Enum.GetValues<PortCounter>())
        {
            counters[counter.ToString()] = _port.Counters[counter];
        }

        counters[_wire is PasstPort ? "Refused" : "RefusedByKernel"] = _wire?.Refused ?? 0;
        return new WorkerAdapterStatus
        {
            Id = Id,
            Connected = _port.IsConnected,
            IsAlone = _wire is PasstPort,
            HasEnded = _wire is PasstPort { HasEnded: true },
            Addresses = [.. _port.Addresses.Select(address => address.ToString())],
            Counters = counters,
        };
    }

    private static ICablePort? Open(WorkerNetworkAdapter configuration, int processors)
    {
        if (configuration.Socket is { } socket)
        {
            return new PasstPort(
                StreamSocket.Connect(socket),
                configuration.Connected,
                () => Console.Error.WriteLine(
                    $"nestvisor-worker: passt, the network of adapter {configuration.Mac}, has ended; the adapter is without until the machine is started anew."));
        }

        return configuration.Interface is { } name
            ? new TapPort(TapDevice.Open(name, Math.Min(processors, MostQueues)), configuration.Connected)
            : null;
    }

    private static PortPolicy ToPolicy(PortSettings settings, MacAddress address)
    {
        try
        {
            return new PortPolicy
            {
                Address = address,
                MacAddressSpoofing = settings.MacAddressSpoofing,
                DhcpGuard = settings.DhcpGuard,
                RouterGuard = settings.RouterGuard,
                MaximumBandwidth = settings.MaximumBandwidth,
                Vlan = settings.TrunkVlans is { } trunk ? PortVlan.Trunk(settings.Vlan, trunk)
                    : settings.Vlan == 0 ? PortVlan.Untagged
                    : PortVlan.Access(settings.Vlan),
            };
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ConfigurationException($"A VLAN of network adapter {address} has an impossible number: {e.ActualValue}. It is 1 to {PortVlan.MaxId}.", e);
        }
    }
}
