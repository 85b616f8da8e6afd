using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>New-NetIPAddress: gives a network interface an IP address, and a default route with it.</summary>
/// <remarks>
/// Nestvisor keeps the addresses of the host's ports on virtual switches and sets them again when the host has been started anew. Those of other adapters it sets in the kernel only, which a warning says.
/// A gateway is a neighbour: it is in the prefix of the address and not an address of this host. Where there is a default route already, the new one comes after it.
/// </remarks>
/// <example>
/// The host's address behind the NAT of the page on nested virtualization.
/// <code>Get-NetAdapter "vEthernet (VmNAT)" | New-NetIPAddress -IPAddress 192.168.100.1 -AddressFamily IPv4 -PrefixLength 24</code>
/// </example>
[Cmdlet(VerbsCommon.New, "NetIPAddress", DefaultParameterSetName = AliasSet, SupportsShouldProcess = true)]
[OutputType(typeof(NetIPAddress))]
public sealed class NewNetIPAddress : CimCmdlet
{
    private const string AliasSet = "ByInterfaceAlias";
    private const string IndexSet = "ByInterfaceIndex";

    /// <summary>The address.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("LocalAddress")]
    [ValidateNotNullOrEmpty]
    public string IPAddress { get; set; } = "";

    /// <summary>Name of the interface. The kernel's name is found too.</summary>
    [Parameter(ParameterSetName = AliasSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    [ValidateNotNullOrEmpty]
    public string? InterfaceAlias { get; set; }

    /// <summary>Next hop of a default route over the interface.</summary>
    [Parameter]
    public string? DefaultGateway { get; set; }

    /// <summary>IPv4 or IPv6, as the address is.</summary>
    [Parameter]
    public AddressFamily? AddressFamily { get; set; }

    /// <summary>Unicast; an anycast address is not supported.</summary>
    [Parameter]
    [Unsupported("Linux makes anycast addresses by itself, where it forwards IPv6.", Except = AddressType.Unicast)]
    public AddressType? Type { get; set; }

    /// <summary>Length of the prefix; 32 or 128 if not given.</summary>
    [Parameter]
    public byte? PrefixLength { get; set; }

    /// <summary>How long it is valid for.</summary>
    [Parameter]
    public TimeSpan? ValidLifetime { get; set; }

    /// <summary>How long it is preferred for.</summary>
    [Parameter]
    public TimeSpan? PreferredLifetime { get; set; }

    /// <summary>Whether it is not to be used for what the host sends. Linux has no such mark: $false.</summary>
    [Parameter]
    [Unsupported("Linux has no such mark.", Except = false)]
    public bool? SkipAsSource { get; set; }

    /// <summary>ActiveStore for an adapter that is not Nestvisor's; else not supported.</summary>
    [Parameter]
    public string? PolicyStore { get; set; }

    /// <summary>Number of the interface.</summary>
    [Parameter(ParameterSetName = IndexSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint? InterfaceIndex { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetIPAddress.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        System.Net.IPAddress address = Prefix.Address(IPAddress, "IPAddress");
        AddressFamily family = Prefix.FamilyOf(address.ToString());
        if ((AddressFamily ?? family) != family)
        {
            throw ApiException.InvalidArgument($"Inconsistent parameters: {address} is not an address of {AddressFamily}.");
        }

        NetworkState state = LoadState();
        NetAdapter adapter = state.Find(ParameterSetName == AliasSet ? InterfaceAlias : null, InterfaceIndex);
        StoreRules.Check(PolicyStore, adapter);
        AddHostAddressRequest request = new()
        {
            Address = address.ToString(),
            PrefixLength = PrefixLength ?? Prefix.Bits(address),
            DefaultGateway = DefaultGateway is null ? null : Prefix.Address(DefaultGateway, "DefaultGateway").ToString(),
            ValidSeconds = StoreRules.Seconds(ValidLifetime),
            PreferredSeconds = StoreRules.Seconds(PreferredLifetime),
        };
        if (ShouldProcess($"{adapter.Name} {request.Address}/{request.PrefixLength}", MyInvocation.MyCommand.Name))
        {
            new HostAdapterChange(Client, Warn, Cancellation).Add(adapter, request);
            Write(state.Addresses().Where(added => added.InterfaceIndex == adapter.InterfaceIndex && added.Plain == request.Address));
        }
    }
}
