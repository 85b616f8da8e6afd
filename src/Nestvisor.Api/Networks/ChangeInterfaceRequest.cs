namespace Nestvisor.Api.Networks;

/// <summary>A change of the host's port on a virtual switch; it is kept. What is null stays as it is.</summary>
public sealed record ChangeInterfaceRequest
{
    /// <summary>Whether it is switched on.</summary>
    public bool? IsEnabled { get; init; }

    /// <summary>Largest packet in bytes, 68 to 65535.</summary>
    public int? Mtu { get; init; }
}
