using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Remove-NetNatStaticMapping: removes static mappings.</summary>
/// <remarks>
/// Without a number or a name it removes all. It asks for each, unless -Confirm:$false is given.
/// </remarks>
/// <example>
/// Removes the mapping 0.
/// <code>Remove-NetNatStaticMapping -StaticMappingID 0 -Confirm:$false</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "NetNatStaticMapping", DefaultParameterSetName = QuerySet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(NetNatStaticMapping))]
public sealed class RemoveNetNatStaticMapping : CimCmdlet
{
    private const string QuerySet = "Query (cdxml)";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Numbers of mappings.</summary>
    [Parameter(ParameterSetName = QuerySet, ValueFromPipelineByPropertyName = true)]
    public uint[]? StaticMappingID { get; set; }

    /// <summary>Names of NATs; wildcards work.</summary>
    [Parameter(ParameterSetName = QuerySet, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[]? NatName { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Objects: static mappings.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetNatStaticMapping[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetNatStaticMapping.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (NetNatStaticMapping mapping in Selected())
        {
            if (ShouldProcess(mapping.ToString(), MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    Await(Client.RemoveNatMappingAsync(mapping.Nat.Id, mapping.StaticMappingID, Cancellation));
                    if (PassThru)
                    {
                        Write([mapping]);
                    }
                });
            }
        }
    }

    private IReadOnlyList<NetNatStaticMapping> Selected() => new CimQuery<NetNatStaticMapping>(CimClass)
        .Is("StaticMappingID", InputObject?.Select(mapping => mapping.StaticMappingID) ?? StaticMappingID, mapping => mapping.StaticMappingID)
        .Like("NatName", NatName, mapping => mapping.NatName)
        .Run(
            Await(Client.GetNatsAsync(Cancellation)).SelectMany(nat => nat.StaticMappings.Select(mapping => new NetNatStaticMapping(nat, mapping))),
            WriteError);
}
