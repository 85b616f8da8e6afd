using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.HostAdapters;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Set-NetIPAddress: changes the prefix length or the lifetimes of IP addresses.</summary>
/// <remarks>
/// Of adapters that are not Nestvisor's it changes only those that are named. The addresses that Nestvisor keeps cannot be changed: remove and add them.
/// </remarks>
/// <example>
/// A longer prefix.
/// <code>Set-NetIPAddress 10.0.0.5 -PrefixLength 28</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "NetIPAddress", DefaultParameterSetName = QuerySet, SupportsShouldProcess = true)]
public sealed class SetNetIPAddress : CimCmdlet, INetIPAddressFilter
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

    /// <summary>Where the prefix comes from.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public PrefixOrigin[]? PrefixOrigin { get; set; }

    /// <summary>Where the rest comes from.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public SuffixOrigin[]? SuffixOrigin { get; set; }

    /// <summary>Whether it can be used.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public AddressState[]? AddressState { get; set; }

    /// <summary>ActiveStore for what is in use, PersistentStore for what Nestvisor sets again when the host has been started anew.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public string? PolicyStore { get; set; }

    /// <summary>Looks at all compartments. There is one.</summary>
    [Parameter(ParameterSetName = QuerySet)]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <summary>Length of the prefix.</summary>
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
        IReadOnlyList<NetIPAddress> selected = InputObject ?? this.Find(state, WriteError);
        foreach (NetIPAddress address in StoreRules.OwnUnlessNamed(selected, address => address.Adapter, named, WriteWarning))
        {
            if (ShouldProcess($"{address.InterfaceAlias} {address.IPAddress}", MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    change.Change(address, new ChangeHostAddressRequest
                    {
                        Address = address.Plain,
                        PrefixLength = PrefixLength,
                        ValidSeconds = ValidLifetime is null ? null : StoreRules.Seconds(ValidLifetime) ?? -1,
                        PreferredSeconds = PreferredLifetime is null ? null : StoreRules.Seconds(PreferredLifetime) ?? -1,
                    });
                    if (PassThru)
                    {
                        Write(state.Addresses().Where(now => now.InterfaceIndex == address.InterfaceIndex && now.Plain == address.Plain));
                    }
                });
            }
        }
    }
}
