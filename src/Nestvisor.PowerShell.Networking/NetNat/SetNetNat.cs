using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Networks;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Set-NetNat: changes when NATs forget connections.</summary>
/// <remarks>
/// What is not set is what the kernel does (net.netfilter.nf_conntrack_*).
/// </remarks>
/// <example>
/// Forgets idle TCP connections after an hour.
/// <code>Set-NetNat LocalNAT -TcpEstablishedConnectionTimeout 3600</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "NetNat", DefaultParameterSetName = QuerySet, SupportsShouldProcess = true)]
[OutputType(typeof(NetNat))]
public sealed class SetNetNat : CimCmdlet
{
    private const string QuerySet = "Query (cdxml)";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Names of NATs; wildcards work.</summary>
    [Parameter(ParameterSetName = QuerySet, Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Not supported: seconds after which a question by ICMP is forgotten.</summary>
    [Parameter]
    [Unsupported("it is one value for this host. Use sysctl net.netfilter.nf_conntrack_icmp_timeout=SECONDS.")]
    public uint? IcmpQueryTimeout { get; set; }

    /// <summary>Seconds after which an idle TCP connection is forgotten.</summary>
    [Parameter]
    public uint? TcpEstablishedConnectionTimeout { get; set; }

    /// <summary>Seconds after which a TCP connection that opens or closes is forgotten.</summary>
    [Parameter]
    public uint? TcpTransientConnectionTimeout { get; set; }

    /// <summary>AddressDependentFiltering; Linux has no other.</summary>
    [Parameter]
    [Unsupported("Linux filters by address.", Except = FilteringBehaviorType.AddressDependentFiltering)]
    public FilteringBehaviorType? TcpFilteringBehavior { get; set; }

    /// <summary>AddressDependentFiltering; Linux has no other.</summary>
    [Parameter]
    [Unsupported("Linux filters by address.", Except = FilteringBehaviorType.AddressDependentFiltering)]
    public FilteringBehaviorType? UdpFilteringBehavior { get; set; }

    /// <summary>Seconds after which idle UDP is forgotten.</summary>
    [Parameter]
    public uint? UdpIdleSessionTimeout { get; set; }

    /// <summary>True: packets that come in keep UDP alive; Linux has no other.</summary>
    [Parameter]
    [Unsupported("in Linux packets that come in keep UDP alive too.", Except = true)]
    public bool? UdpInboundRefresh { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Objects: NATs.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetNat[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNat.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        ChangeNatRequest request = new()
        {
            Timeouts = new NatTimeouts
            {
                TcpEstablished = Seconds(TcpEstablishedConnectionTimeout),
                TcpTransient = Seconds(TcpTransientConnectionTimeout),
                UdpIdle = Seconds(UdpIdleSessionTimeout),
            },
        };
        foreach (NetNat nat in Selected())
        {
            if (ShouldProcess(nat.Name, MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    NatInfo changed = Await(Client.ChangeNatAsync(nat.Info.Id, request, Cancellation));
                    Warn(changed.Warnings);
                    if (PassThru)
                    {
                        Write([new NetNat(changed)]);
                    }
                });
            }
        }
    }

    private static int? Seconds(uint? value) => value is { } seconds ? (int)Math.Min(seconds, int.MaxValue) : null;

    private IReadOnlyList<NetNat> Selected() => new CimQuery<NetNat>(CimClass)
        .Like("Name", Name, nat => nat.Name)
        .Is("Id", InputObject?.Select(nat => nat.Info.Id), nat => nat.Info.Id)
        .Run(Await(Client.GetNatsAsync(Cancellation)).Select(nat => new NetNat(nat)), WriteError);
}
