using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-DnsClientServerAddress: shows the DNS servers of network interfaces.</summary>
/// <remarks>
/// systemd-resolved and NetworkManager keep a list for each interface. The file resolv.conf has one for all, which is shown for each.
/// </remarks>
/// <example>
/// All of them.
/// <code>Get-DnsClientServerAddress</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "DnsClientServerAddress")]
[OutputType(typeof(DnsClientServerAddress))]
public sealed class GetDnsClientServerAddress : CimCmdlet
{
    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(Position = 0)]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>IPv4 or IPv6.</summary>
    [Parameter]
    [Alias("Family")]
    public AddressFamily[]? AddressFamily { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => DnsClientServerAddress.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write(new CimQuery<DnsClientServerAddress>(CimClass)
        .Is("InterfaceIndex", InterfaceIndex, item => item.InterfaceIndex)
        .Like("InterfaceAlias", InterfaceAlias, item => item.Adapter.Names)
        .Is("AddressFamily", AddressFamily, item => item.AddressFamily)
        .Run(LoadState().DnsServers(), WriteError));
}
