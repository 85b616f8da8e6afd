using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Add-NetNatStaticMapping: lets a port of this host lead to a port behind a NAT.</summary>
/// <remarks>
/// The address inside is in the NAT's prefix. A port of an address leads to one place only. A program of this host that listens at
/// that port is not reached from outside any more.
/// </remarks>
/// <example>
/// SSH of a virtual machine at port 2222 of this host.
/// <code>Add-NetNatStaticMapping LocalNAT -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 2222 -InternalIPAddress 192.168.100.2 -InternalPort 22</code>
/// </example>
[Cmdlet(VerbsCommon.Add, "NetNatStaticMapping", SupportsShouldProcess = true)]
[OutputType(typeof(NetNatStaticMapping))]
public sealed class AddNetNatStaticMapping : CimCmdlet
{
    /// <summary>Name of the NAT.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string NatName { get; set; } = "";

    /// <summary>TCP or UDP.</summary>
    [Parameter(Mandatory = true)]
    public NatProtocolType Protocol { get; set; }

    /// <summary>Prefix of the addresses that may use it; 0.0.0.0/0 for all.</summary>
    [Parameter]
    public string? RemoteExternalIPAddressPrefix { get; set; }

    /// <summary>IPv4 address of this host; 0.0.0.0 for all.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string ExternalIPAddress { get; set; } = "";

    /// <summary>Port on this host.</summary>
    [Parameter(Mandatory = true)]
    public ushort ExternalPort { get; set; }

    /// <summary>IPv4 address behind the NAT.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string InternalIPAddress { get; set; } = "";

    /// <summary>Port at that address; the external one if not given.</summary>
    [Parameter]
    public ushort? InternalPort { get; set; }

    /// <summary>Not supported: another routing domain than the only one.</summary>
    [Parameter]
    [Unsupported("there is one routing domain. Leave it out.", Except = "{00000000-0000-0000-0000-000000000000}")]
    public string? InternalRoutingDomainId { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNatStaticMapping.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NatInfo nat = Await(Client.GetNatsAsync(Cancellation)).FirstOrDefault(nat => string.Equals(nat.Name, NatName, StringComparison.OrdinalIgnoreCase))
            ?? throw ApiException.NotFound($"Element not found. There is no NAT called '{NatName}'.");

        // Windows' own documentation writes 0.0.0.0/0 here.
        _ = Prefix.Address(ExternalIPAddress.Split('/')[0], "ExternalIPAddress");
        NatStaticMapping mapping = new()
        {
            Protocol = Protocol == NatProtocolType.TCP ? NatProtocol.Tcp : NatProtocol.Udp,
            ExternalIPAddress = ExternalIPAddress,
            ExternalPort = ExternalPort,
            InternalIPAddress = Prefix.Address(InternalIPAddress, "InternalIPAddress").ToString(),
            InternalPort = InternalPort ?? ExternalPort,
            RemoteExternalIPAddressPrefix = Prefix.Network(RemoteExternalIPAddressPrefix ?? "0.0.0.0/0", "RemoteExternalIPAddressPrefix"),
        };
        if (ShouldProcess($"{nat.Name} {Protocol} {mapping.ExternalIPAddress}:{ExternalPort}", MyInvocation.MyCommand.Name))
        {
            Write([new NetNatStaticMapping(nat, Await(Client.AddNatMappingAsync(nat.Id, mapping, Cancellation)))]);
        }
    }
}
