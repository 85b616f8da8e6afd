using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>New-NetNat: makes a NAT: what is in a prefix goes out with this host's addresses.</summary>
/// <remarks>
/// The prefix may overlap with no other NAT, and of this host's addresses only with those of its ports on internal switches. The host gets its address in the prefix by New-NetIPAddress.
/// The service keeps the NAT and makes it again when the host has been started anew.
/// </remarks>
/// <example>
/// The NAT of the page on nested virtualization.
/// <code>New-NetNat -Name LocalNAT -InternalIPInterfaceAddressPrefix "192.168.100.0/24"</code>
/// </example>
[Cmdlet(VerbsCommon.New, "NetNat", SupportsShouldProcess = true)]
[OutputType(typeof(NetNat))]
public sealed class NewNetNat : CimCmdlet
{
    /// <summary>The new NAT's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Not supported: a prefix of addresses to go out with.</summary>
    [Parameter]
    [Unsupported("packets go out with the address of the interface that they leave by. Use -InternalIPInterfaceAddressPrefix.")]
    public string? ExternalIPInterfaceAddressPrefix { get; set; }

    /// <summary>Not supported: another routing domain than the only one.</summary>
    [Parameter]
    [Unsupported("there is one routing domain. Leave it out.", Except = "{00000000-0000-0000-0000-000000000000}")]
    public string? InternalRoutingDomainId { get; set; }

    /// <summary>The IPv4 prefix inside, such as 192.168.100.0/24.</summary>
    [Parameter]
    public string? InternalIPInterfaceAddressPrefix { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNat.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (InternalIPInterfaceAddressPrefix is not { Length: > 0 } given)
        {
            throw ApiException.InvalidArgument("The parameter is incorrect. Give the prefix inside: -InternalIPInterfaceAddressPrefix 192.168.100.0/24");
        }

        CreateNatRequest request = new() { Name = Name, InternalPrefix = Prefix.Network(given, "InternalIPInterfaceAddressPrefix") };
        if (ShouldProcess(Name, MyInvocation.MyCommand.Name))
        {
            NatInfo nat = Await(Client.CreateNatAsync(request, Cancellation));
            Warn(nat.Warnings);
            Write([new NetNat(nat)]);
        }
    }
}
