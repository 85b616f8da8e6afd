using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Management.Networks;

/// <summary>What the configuration of a network adapter may say, and what of it may change in which state.</summary>
internal static class AdapterRules
{
    /// <summary>Name of an adapter that was given none.</summary>
    public const string DefaultName = "Network Adapter";

    /// <summary>Most adapters of a machine.</summary>
    public const int MostAdapters = 8;

    private const int LongestName = 100;

    /// <summary>A new adapter.</summary>
    /// <exception cref="ApiException">The request breaks a rule.</exception>
    public static NetworkAdapterConfiguration Create(AddAdapterRequest request) => new()
    {
        Id = Guid.NewGuid(),
        Name = CheckName(request.Name ?? DefaultName),
        SwitchId = request.SwitchId,
        MacAddress = request.MacAddress is { } address ? Normalize(address) : null,
        HasStaticMacAddress = request.MacAddress is not null,
    };

    /// <summary>The configuration with one more adapter.</summary>
    /// <exception cref="ApiException">The request breaks a rule or does not fit the machine's state.</exception>
    public static MachineConfiguration Add(MachineConfiguration old, AddAdapterRequest request, MachineState state)
    {
        RequireOff(old, state, "Failed to add device 'Virtual Network Adapter'.", "network adapters can be added");
        return old.NetworkAdapters.Count == MostAdapters
            ? throw ApiException.InvalidArgument($"'{old.Name}' has {MostAdapters} network adapters already, the most that a virtual machine can have.")
            : old with { NetworkAdapters = [.. old.NetworkAdapters, Create(request)] };
    }

    /// <summary>The configuration with one adapter less.</summary>
    /// <exception cref="ApiException">There is no such adapter, or the machine is not off.</exception>
    public static MachineConfiguration Remove(MachineConfiguration old, Guid adapter, MachineState state)
    {
        _ = Find(old, adapter);
        RequireOff(old, state, "Failed to remove device 'Virtual Network Adapter'.", "network adapters can be removed");
        return old with { NetworkAdapters = [.. old.NetworkAdapters.Where(each => each.Id != adapter)] };
    }

    /// <summary>The configuration with one adapter changed.</summary>
    /// <exception cref="ApiException">There is no such adapter, or the change breaks a rule or does not fit the machine's state.</exception>
    public static MachineConfiguration Change(MachineConfiguration old, Guid adapter, ChangeAdapterRequest change, MachineState state)
    {
        NetworkAdapterConfiguration before = Find(old, adapter);
        if (change.MacAddress is not null || change.UseDynamicMacAddress)
        {
            RequireOff(old, state, "Failed to modify device 'Network Adapter'.", "the MAC address can be changed");
        }

        NetworkAdapterConfiguration after = before with
        {
            Name = change.Name is { } name ? CheckName(name) : before.Name,
            SwitchId = change.Disconnect ? null : change.SwitchId ?? before.SwitchId,
            SwitchName = change.Disconnect || change.SwitchId is not null ? null : before.SwitchName,
            Port = change.Port is { } port ? CheckPort(before.Name, port) : before.Port,
        };
        if (change.MacAddress is { } address)
        {
            after = after with { MacAddress = Normalize(address), HasStaticMacAddress = true };
        }
        else if (change.UseDynamicMacAddress && before.HasStaticMacAddress)
        {
            after = after with { MacAddress = null, HasStaticMacAddress = false };
        }

        return With(old, after);
    }

    /// <summary>Checks the adapters of a configuration that comes from elsewhere.</summary>
    /// <exception cref="ApiException">One breaks a rule.</exception>
    public static void Check(MachineConfiguration machine)
    {
        if (machine.NetworkAdapters.Count > MostAdapters)
        {
            throw ApiException.InvalidArgument($"'{machine.Name}' has {machine.NetworkAdapters.Count} network adapters; a virtual machine can have {MostAdapters}.");
        }

        foreach (NetworkAdapterConfiguration adapter in machine.NetworkAdapters)
        {
            _ = CheckName(adapter.Name);
            _ = CheckPort(adapter.Name, adapter.Port);
            if (adapter.MacAddress is { } address ? Normalize(address) != address : adapter.HasStaticMacAddress)
            {
                throw ApiException.InvalidArgument($"The MAC address of '{adapter.Name}' of '{machine.Name}' is not 12 hexadecimal digits in capitals, such as 00155D010203.");
            }
        }
    }

    /// <summary>The configuration with an adapter in place of the one with the same identifier.</summary>
    public static MachineConfiguration With(MachineConfiguration old, NetworkAdapterConfiguration adapter) =>
        old with { NetworkAdapters = [.. old.NetworkAdapters.Select(each => each.Id == adapter.Id ? adapter : each)] };

    /// <summary>What the port of an adapter with an address lets through.</summary>
    public static PortPolicy ToPolicy(NetworkAdapterConfiguration adapter)
    {
        PortSettings port = adapter.Port;
        return MacAddress.TryParse(adapter.MacAddress, out MacAddress address)
            ? new PortPolicy
            {
                Address = address,
                MacAddressSpoofing = port.MacAddressSpoofing,
                DhcpGuard = port.DhcpGuard,
                RouterGuard = port.RouterGuard,
                MaximumBandwidth = port.MaximumBandwidth,
                Vlan = port.TrunkVlans is { } trunk ? PortVlan.Trunk(port.Vlan, trunk)
                    : port.Vlan == 0 ? PortVlan.Untagged
                    : PortVlan.Access(port.Vlan),
            }
            : throw new InvalidOperationException($"The network adapter {adapter.Id} has no MAC address yet.");
    }

    private static NetworkAdapterConfiguration Find(MachineConfiguration machine, Guid adapter) =>
        machine.NetworkAdapters.FirstOrDefault(each => each.Id == adapter)
        ?? throw ApiException.NotFound($"'{machine.Name}' has no network adapter with id \"{adapter}\".");

    /// <summary>Checks a name.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static string CheckName(string name) =>
        string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl)
            ? throw ApiException.InvalidArgument($"A network adapter's name has 1 to {LongestName} characters, not only blanks and no control characters.")
            : name;

    /// <summary>A MAC address as 12 digits.</summary>
    /// <exception cref="ApiException">It is none of one adapter.</exception>
    public static string Normalize(string address) =>
        MacAddress.TryParse(address, out MacAddress parsed) && parsed.IsUnicast
            ? parsed.ToDigits()
            : throw ApiException.InvalidArgument(
                $"'{address}' is not a MAC address of one adapter. Write 12 hexadecimal digits, such as 00155D010203; the second digit is even, and not all are 0.");

    /// <summary>Checks what a port is to let through.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public static PortSettings CheckPort(string name, PortSettings port)
    {
        foreach (int vlan in port.TrunkVlans ?? [])
        {
            CheckVlan(name, vlan, smallest: 1);
        }

        CheckVlan(name, port.Vlan, smallest: 0);
        return port.MaximumBandwidth < 0
            ? throw ApiException.InvalidArgument($"The bandwidth of '{name}' cannot be {port.MaximumBandwidth} bits a second. 0 is no limit.")
            : port;
    }

    private static void CheckVlan(string name, int vlan, int smallest)
    {
        if (vlan < smallest || vlan > PortVlan.MaxId)
        {
            throw ApiException.InvalidArgument($"'{name}' cannot be in VLAN {vlan}: the numbers are 1 to {PortVlan.MaxId}.");
        }
    }

    private static void RequireOff(MachineConfiguration machine, MachineState state, string failure, string what)
    {
        if (state != MachineState.Off)
        {
            throw ApiException.InvalidState(
                $"{failure}\nThe operation cannot be performed while '{machine.Name}' is in its current state ({state}): {what} only while the virtual "
                + "machine is off. Turn it off with Stop-VM and try again.");
        }
    }
}
