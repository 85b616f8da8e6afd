using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Remove-NetNat: removes NATs with their static mappings.</summary>
/// <remarks>
/// Connections through them break; virtual switches and addresses stay. Without a name it removes all NATs. It asks for each, unless -Confirm:$false is given.
/// </remarks>
/// <example>
/// Removes LocalNAT without asking.
/// <code>Remove-NetNat LocalNAT -Confirm:$false</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "NetNat", DefaultParameterSetName = QuerySet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(NetNat))]
public sealed class RemoveNetNat : CimCmdlet
{
    private const string QuerySet = "Query (cdxml)";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Names of NATs; wildcards work.</summary>
    [Parameter(ParameterSetName = QuerySet, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[]? Name { get; set; }

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
        foreach (NetNat nat in Selected())
        {
            if (ShouldProcess(nat.Name, MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    Await(Client.RemoveNatAsync(nat.Info.Id, Cancellation));
                    if (PassThru)
                    {
                        Write([nat]);
                    }
                });
            }
        }
    }

    private IReadOnlyList<NetNat> Selected() => new CimQuery<NetNat>(CimClass)
        .Like("Name", Name, nat => nat.Name)
        .Is("Id", InputObject?.Select(nat => nat.Info.Id), nat => nat.Info.Id)
        .Run(Await(Client.GetNatsAsync(Cancellation)).Select(nat => new NetNat(nat)), WriteError);
}
