using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Remove-NetIPAddress: takes IP addresses from network interfaces.</summary>
/// <remarks>
/// Of adapters that are not Nestvisor's it takes only those that are named, by their address or by the adapter. It asks for each, unless -Confirm:$false is given.
/// </remarks>
/// <example>
/// Takes an address away without asking.
/// <code>Remove-NetIPAddress 192.168.100.1 -Confirm:$false</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "NetIPAddress", DefaultParameterSetName = QuerySet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveNetIPAddress : CimCmdlet, INetIPAddressFilter
{
    private const string QuerySet = "Query (cdxml)";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Addresses; wildcards work.</summary>
    [Parameter(ParameterSetName = QuerySet, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("LocalAddress")]
    public string[]? IPAddress { get; set; }

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ParameterSetName = QuerySet, ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = QuerySet, ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>IPv4 or IPv6.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public AddressFamily[]? AddressFamily { get; set; }

    /// <summary>Unicast or Anycast.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public AddressType[]? Type { get; set; }

    /// <summary>Length of the prefix.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public byte[]? PrefixLength { get; set; }

    /// <summary>Where the prefix comes from.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public PrefixOrigin[]? PrefixOrigin { get; set; }

    /// <summary>Where the rest comes from.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public SuffixOrigin[]? SuffixOrigin { get; set; }

    /// <summary>Whether it can be used.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public AddressState[]? AddressState { get; set; }

    /// <summary>How long it is valid for.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public TimeSpan[]? ValidLifetime { get; set; }

    /// <summary>How long it is preferred for.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public TimeSpan[]? PreferredLifetime { get; set; }

    /// <summary>Whether it is not to be used for what the host sends. Linux has no such mark: $false.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public bool[]? SkipAsSource { get; set; }

    /// <summary>ActiveStore for what is in use, PersistentStore for what Nestvisor sets again when the host has been started anew.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public string? PolicyStore { get; set; }

    /// <summary>Removes the default route over this next hop too.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public string? DefaultGateway { get; set; }

    /// <summary>Looks at all compartments. There is one.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Objects: addresses.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetIPAddress[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetIPAddress.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = LoadState();
        HostAdapterChange change = new(Client, Warn, Cancellation);
        bool named = InputObject is not null || IPAddress is not null || InterfaceAlias is not null || InterfaceIndex is not null;
        string? gateway = DefaultGateway is null ? null : Prefix.Address(DefaultGateway, "DefaultGateway").ToString();
        IReadOnlyList<NetIPAddress> selected = InputObject ?? this.Find(state, WriteError);
        foreach (NetIPAddress address in StoreRules.OwnUnlessNamed(selected, address => address.Adapter, named, WriteWarning))
        {
            if (ShouldProcess($"{address.InterfaceAlias} {address.IPAddress}", MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    if (gateway is not null)
                    {
                        change.Remove(DefaultRoute(state, address, gateway));
                    }

                    change.Remove(address);
                    if (PassThru)
                    {
                        Write([address]);
                    }
                });
            }
        }
    }

    private static NetRoute DefaultRoute(NetworkState state, NetIPAddress address, string gateway) =>
        state.Routes().FirstOrDefault(route => route.DestinationPrefix is "0.0.0.0/0" or "::/0" && route.NextHop == gateway && route.InterfaceIndex == address.InterfaceIndex)
            ?? throw ApiException.InvalidArgument($"Invalid parameter DefaultGateway {gateway}: no default route over '{address.InterfaceAlias}' has this next hop.");
}
