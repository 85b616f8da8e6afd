using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetNatExternalAddress: shows the external addresses that were added to NATs.</summary>
/// <remarks>
/// None can be: packets go out with the address of the interface that they leave by. So it writes nothing, but an error for a NAT that is not there.
/// </remarks>
/// <example>
/// Those of LocalNAT.
/// <code>Get-NetNatExternalAddress LocalNAT</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetNatExternalAddress")]
public sealed class GetNetNatExternalAddress : CimCmdlet
{
    /// <summary>Names of NATs; wildcards work.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[]? NatName { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => "MSFT_NetNatExternalAddress";

    /// <inheritdoc/>
    private protected override void Process() =>
        _ = new CimQuery<NetNat>(CimClass)
            .Like("NatName", NatName, nat => nat.Name)
            .Run(Await(Client.GetNatsAsync(Cancellation)).Select(nat => new NetNat(nat)), WriteError);
}
