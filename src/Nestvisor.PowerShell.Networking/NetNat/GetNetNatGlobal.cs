using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetNatGlobal: shows what holds for all NATs.</summary>
/// <remarks>
/// There is one routing domain, so nothing here can be otherwise.
/// </remarks>
/// <example>
/// The settings.
/// <code>Get-NetNatGlobal</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetNatGlobal")]
[OutputType(typeof(NetNatGlobal))]
public sealed class GetNetNatGlobal : CimCmdlet
{
    /// <inheritdoc/>
    private protected override string CimClass => NetNatGlobal.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write([new NetNatGlobal()]);
}
