using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell;

/// <summary>A virtual switch: a bridge of the kernel.</summary>
public sealed class VMSwitch : VirtualizationObject
{
    private SwitchInfo _info;
    private bool _deleted;

    internal VMSwitch(SwitchInfo info) => _info = info;

    /// <summary>What keeps it from working fully, and what to do.</summary>
    internal IReadOnlyList<string> Warnings => _info.Warnings;

    /// <summary>Name.</summary>
    public string Name => _info.Name;

    /// <summary>Identifier.</summary>
    public Guid Id => _info.Id;

    /// <summary>The user's notes.</summary>
    public string Notes => _info.Notes;

    /// <summary>Whom it connects.</summary>
    public VMSwitchType SwitchType => Convert.FromSwitchType(_info.Type);

    /// <summary>Whether this host has a port on it.</summary>
    public bool AllowManagementOS => _info.AllowManagementOS;

    /// <summary>Name of the interface that an external switch is bound to; empty for others.</summary>
    public string NetAdapterInterfaceDescription => _info.Uplink ?? "";

    /// <summary>Name of the interface that an external switch is bound to; none for others.</summary>
    public string[] NetAdapterInterfaceDescriptions => _info.Uplink is { } uplink ? [uplink] : [];

    /// <summary>Always None: bandwidth is limited at each adapter, and shared out by nobody.</summary>
    public VMSwitchBandwidthMode BandwidthReservationMode => VMSwitchBandwidthMode.None;

    /// <summary>Always 0: no bandwidth is reserved.</summary>
    public uint BandwidthPercentage => 0;

    /// <summary>Always 0: no bandwidth is reserved.</summary>
    public ulong DefaultFlowMinimumBandwidthAbsolute => 0;

    /// <summary>Always 0: no bandwidth is reserved.</summary>
    public ulong DefaultFlowMinimumBandwidthWeight => 0;

    /// <summary>Always false: a switch has one interface.</summary>
    public bool EmbeddedTeamingEnabled => false;

    /// <summary>Always false: virtual machines do not get parts of network adapters.</summary>
    public bool IovEnabled => false;

    /// <summary>Always false: virtual machines do not get parts of network adapters.</summary>
    public bool IovSupport => false;

    /// <summary>Why <see cref="IovSupport"/> is false.</summary>
    public string[] IovSupportReasons => ["Virtual machines do not get parts of network adapters."];

    /// <summary>Always 0.</summary>
    public uint IovQueuePairCount => 0;

    /// <summary>Always 0.</summary>
    public uint IovQueuePairsInUse => 0;

    /// <summary>Always 0.</summary>
    public uint IovVirtualFunctionCount => 0;

    /// <summary>Always 0.</summary>
    public uint IovVirtualFunctionsInUse => 0;

    /// <summary>Always false.</summary>
    public bool PacketDirectEnabled => false;

    /// <summary>Always false.</summary>
    public bool PacketDirectInUse => false;

    /// <summary>Always 0.</summary>
    public uint AvailableIPSecSA => 0;

    /// <summary>Always 0.</summary>
    public uint NumberIPSecSAAllocated => 0;

    /// <summary>Always 0.</summary>
    public uint AvailableVMQueues => 0;

    /// <summary>Always 0.</summary>
    public uint NumberVmqAllocated => 0;

    /// <inheritdoc/>
    public override bool IsDeleted => _deleted;

    /// <inheritdoc/>
    public override string ToString() => $"VMSwitch (Name = '{Name}') [Id = '{Id}']";

    internal void Update(SwitchInfo info) => _info = info;

    internal void MarkDeleted() => _deleted = true;
}
