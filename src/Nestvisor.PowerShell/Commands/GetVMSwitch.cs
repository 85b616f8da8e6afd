using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMSwitch: gets virtual switches.</summary>
/// <remarks>
/// The Default Switch is always there; it gives virtual machines addresses, names and the host's way out, and its bridge is made when the
/// first of them starts. Names are compared without case. What keeps a switch from working fully is said in a warning.
/// </remarks>
/// <example>
/// Shows all virtual switches.
/// <code>Get-VMSwitch</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMSwitch", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMSwitch))]
public sealed class GetVMSwitch : SwitchCmdlet
{
    private const string NameSet = "Name";
    private const string IdSet = "Id";
    private readonly HashSet<string> _said = [];

    /// <summary>Name; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SwitchNameCompleter))]
    public string? Name { get; set; }

    /// <summary>Identifiers.</summary>
    [Parameter(ParameterSetName = IdSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Alias("SwitchId")]
    public Guid[]? Id { get; set; }

    /// <summary>Not supported: a pool of switches.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoPools)]
    public string[]? ResourcePoolName { get; set; }

    /// <summary>Types of switches; all if not given.</summary>
    [Parameter]
    public VMSwitchType[]? SwitchType { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        IEnumerable<VMSwitch> found = Id is null ? FindSwitches([Name ?? "*"]) : FindById(Id);
        foreach (VMSwitch each in found.Where(each => SwitchType is null || SwitchType.Contains(each.SwitchType)))
        {
            // What concerns all switches is said once.
            foreach (string warning in each.Warnings.Where(_said.Add))
            {
                WriteWarning(warning);
            }

            WriteObject(each);
        }
    }

    private List<VMSwitch> FindById(Guid[] ids)
    {
        IReadOnlyList<SwitchInfo> all = Await(Client.GetSwitchesAsync(Cancellation));
        List<VMSwitch> found = [];
        foreach (Guid id in ids)
        {
            Guarded(() => found.Add(new VMSwitch(
                all.FirstOrDefault(each => each.Id == id) ?? throw ApiException.NotFound($"Hyper-V was unable to find a virtual switch with id \"{id}\"."))));
        }

        return found;
    }
}
