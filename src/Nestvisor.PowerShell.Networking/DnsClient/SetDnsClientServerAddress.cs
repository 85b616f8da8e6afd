using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Set-DnsClientServerAddress: sets the DNS servers of network interfaces.</summary>
/// <remarks>
/// It goes to what keeps the interface's servers: systemd-resolved, NetworkManager or the file resolv.conf. A warning says which it was, if others are affected or another program may change it again.
/// </remarks>
/// <example>
/// Two servers.
/// <code>Set-DnsClientServerAddress "vEthernet (VmNat)" -ServerAddresses 9.9.9.9, 149.112.112.112</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "DnsClientServerAddress", DefaultParameterSetName = AliasSet, SupportsShouldProcess = true)]
[OutputType(typeof(DnsClientServerAddress))]
public sealed class SetDnsClientServerAddress : CimCmdlet
{
    private const string AliasSet = "ByAlias";
    private const string NameSet = "ByName";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = AliasSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>The servers' addresses in their order. Servers of a family that none of these is of stay.</summary>
    [Parameter]
    [Alias("Addresses")]
    public string[]? ServerAddresses { get; set; }

    /// <summary>Asks each server first; one that does not answer is an error.</summary>
    [Parameter]
    public SwitchParameter Validate { get; set; }

    /// <summary>Puts the servers back to what they were before the first change.</summary>
    [Parameter]
    [Alias("ResetAddresses")]
    public SwitchParameter ResetServerAddresses { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Objects: DNS servers of interfaces.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public DnsClientServerAddress[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => DnsClientServerAddress.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (ResetServerAddresses == (ServerAddresses is not null))
        {
            throw ApiException.InvalidArgument("Give either -ServerAddresses or -ResetServerAddresses.");
        }

        // Windows takes '9.9.9.9, 1.1.1.1' in one text too.
        IReadOnlyList<string>? servers = ServerAddresses is null
            ? null
            : [.. ServerAddresses.SelectMany(text => text.Split(',')).Select(text => Prefix.Address(text, "ServerAddresses").ToString())];
        NetworkState state = LoadState();
        HostAdapterChange change = new(Client, Warn, Cancellation);
        foreach (NetAdapter adapter in Selected(state).Select(item => item.Adapter).DistinctBy(adapter => adapter.InterfaceIndex))
        {
            if (ShouldProcess(adapter.Name, MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    change.SetDns(adapter, servers, Validate);
                    if (PassThru)
                    {
                        Write(state.DnsServers().Where(item => item.InterfaceIndex == adapter.InterfaceIndex));
                    }
                });
            }
        }
    }

    private IReadOnlyList<DnsClientServerAddress> Selected(NetworkState state) => InputObject ?? new CimQuery<DnsClientServerAddress>(CimClass)
        .Is("InterfaceIndex", ParameterSetName == NameSet ? InterfaceIndex : null, item => item.InterfaceIndex)
        .Like("InterfaceAlias", ParameterSetName == AliasSet ? InterfaceAlias : null, item => item.Adapter.Names)
        .Run(state.DnsServers(), WriteError);
}
