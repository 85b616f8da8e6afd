using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Set-NetNatGlobal: accepts what holds for all NATs.</summary>
/// <remarks>
/// There is one routing domain, so nothing here can be otherwise.
/// </remarks>
/// <example>
/// What is the case anyway.
/// <code>Set-NetNatGlobal -InterRoutingDomainHairpinningMode Local</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "NetNatGlobal", SupportsShouldProcess = true)]
[OutputType(typeof(NetNatGlobal))]
public sealed class SetNetNatGlobal : CimCmdlet
{
    /// <summary>Objects: the global settings.</summary>
    [Parameter(ValueFromPipeline = true)]
    public NetNatGlobal[]? InputObject { get; set; }

    /// <summary>Local; Linux has no other.</summary>
    [Parameter(Mandatory = true)]
    [Unsupported("there is one routing domain, and its traffic stays inside the host.", Except = NetworkCommands.InterRoutingDomainHairpinningMode.Local)]
    public InterRoutingDomainHairpinningMode InterRoutingDomainHairpinningMode { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNatGlobal.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (PassThru && ShouldProcess(CimClass, MyInvocation.MyCommand.Name))
        {
            Write([new NetNatGlobal()]);
        }
    }
}
