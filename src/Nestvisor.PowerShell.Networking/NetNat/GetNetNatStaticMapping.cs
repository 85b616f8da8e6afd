using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetNatStaticMapping: shows the ports of this host that lead to ports behind NATs.</summary>
/// <remarks>
/// Add-NetNatStaticMapping makes them.
/// </remarks>
/// <example>
/// Those of LocalNAT.
/// <code>Get-NetNatStaticMapping LocalNAT</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetNatStaticMapping")]
[OutputType(typeof(NetNatStaticMapping))]
public sealed class GetNetNatStaticMapping : CimCmdlet
{
    /// <summary>Names of NATs; wildcards work.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[]? NatName { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNatStaticMapping.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write(new CimQuery<NetNatStaticMapping>(CimClass)
        .Like("NatName", NatName, mapping => mapping.NatName)
        .Run(
            Await(Client.GetNatsAsync(Cancellation)).SelectMany(nat => nat.StaticMappings.Select(mapping => new NetNatStaticMapping(nat, mapping))),
            WriteError));
}
