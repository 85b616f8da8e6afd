namespace Nestvisor.Api.Networks;

/// <summary>An adapter of this host at a virtual switch as it is now.</summary>
public sealed record HostPortInfo
{
    /// <summary>Identifier; never changes. The first adapter, which is the switch's bridge itself, has that of the switch.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name; no two adapters of this host have one that differs in case only.</summary>
    public required string Name { get; init; }

    /// <summary>The kernel's name of its interface, such as <c>nvs1a2b3c4d</c> of the first and <c>nvh1a2b3c4d</c> of a further one.</summary>
    public required string Interface { get; init; }

    /// <summary>The interface's number in the kernel; null while it is not there.</summary>
    public int? InterfaceIndex { get; init; }

    /// <summary>Hardware address, such as <c>00:15:5d:01:02:03</c>; empty while it is not known.</summary>
    public string MacAddress { get; set; } = "";

    /// <summary>Whether a user has given it its hardware address.</summary>
    public bool HasStaticMacAddress { get; init; }

    /// <summary>Whether it is switched on.</summary>
    public bool IsEnabled { get; init; }

    /// <summary>What its port on the switch lets through.</summary>
    public PortSettings Port { get; set; } = new();
}
