using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetIPAddress: shows the IP addresses of this host.</summary>
/// <remarks>
/// Each condition narrows the choice; values of one parameter widen it.
/// </remarks>
/// <example>
/// The IPv4 addresses.
/// <code>Get-NetIPAddress -AddressFamily IPv4</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetIPAddress")]
[OutputType(typeof(NetIPAddress))]
public sealed class GetNetIPAddress : CimCmdlet, INetIPAddressFilter
{
    /// <summary>Addresses; wildcards work.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("LocalAddress")]
    public string[]? IPAddress { get; set; }

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>IPv4 or IPv6.</summary>
    [Parameter]
    public AddressFamily[]? AddressFamily { get; set; }

    /// <summary>Unicast or Anycast.</summary>
    [Parameter]
    public AddressType[]? Type { get; set; }

    /// <summary>Length of the prefix.</summary>
    [Parameter]
    public byte[]? PrefixLength { get; set; }

    /// <summary>Where the prefix comes from.</summary>
    [Parameter]
    public PrefixOrigin[]? PrefixOrigin { get; set; }

    /// <summary>Where the rest comes from.</summary>
    [Parameter]
    public SuffixOrigin[]? SuffixOrigin { get; set; }

    /// <summary>Whether it can be used.</summary>
    [Parameter]
    public AddressState[]? AddressState { get; set; }

    /// <summary>How long it is valid for.</summary>
    [Parameter]
    public TimeSpan[]? ValidLifetime { get; set; }

    /// <summary>How long it is preferred for.</summary>
    [Parameter]
    public TimeSpan[]? PreferredLifetime { get; set; }

    /// <summary>Whether it is not to be used for what the host sends. Linux has no such mark: $false.</summary>
    [Parameter]
    public bool[]? SkipAsSource { get; set; }

    /// <summary>An object of Get-NetIPInterface.</summary>
    [Parameter(ValueFromPipeline = true)]
    public NetIPInterface? AssociatedIPInterface { get; set; }

    /// <summary>ActiveStore for what is in use, PersistentStore for what Nestvisor sets again when the host has been started anew.</summary>
    [Parameter]
    public string? PolicyStore { get; set; }

    /// <summary>Looks at all compartments. There is one.</summary>
    [Parameter]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetIPAddress.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write(this.Find(LoadState(), WriteError));
}
