using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetNat: shows the NATs of this host.</summary>
/// <remarks>
/// The NAT of the default switch is not among them.
/// </remarks>
/// <example>
/// All NATs.
/// <code>Get-NetNat</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetNat")]
[OutputType(typeof(NetNat))]
public sealed class GetNetNat : CimCmdlet
{
    /// <summary>Names of NATs; wildcards work.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNat.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write(new CimQuery<NetNat>(CimClass)
        .Like("Name", Name, nat => nat.Name)
        .Run(Await(Client.GetNatsAsync(Cancellation)).Select(nat => new NetNat(nat)), WriteError));
}
