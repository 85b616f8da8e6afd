using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VM: gets the virtual machines of this computer.</summary>
/// <remarks>
/// Without a name it gives all of them, with a pattern that matches none it gives nothing. The objects are live: they show how a machine is
/// when their properties are read. Engine is what runs the machine, or is set to run it while it is off.
/// </remarks>
/// <example>
/// Shows the running machines whose names begin with L.
/// <code>Get-VM L* | Where-Object State -eq Running</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VM", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class GetVM : VirtualizationCmdlet
{
    private const string NameSet = "Name";
    private const string IdSet = "Id";

    /// <inheritdoc cref="MachinePartCmdlet.VMName"/>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Identifier.</summary>
    [Parameter(ParameterSetName = IdSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public Guid? Id { get; set; }

    /// <summary>Not supported: a cluster's object.</summary>
    [Parameter(ParameterSetName = "ClusterObject", Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported("there are no clusters.")]
    public PSObject? ClusterObject { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (Id is { } id)
        {
            WriteObject(new VirtualMachine(Session, Await(Client.GetMachineAsync(id, Cancellation))));
            return;
        }

        IReadOnlyList<MachineInfo> all = Await(Client.GetMachinesAsync(Cancellation));
        // Alone among the commands, Hyper-V's Get-VM calls an unknown name an invalid argument and names it as the target.
        WriteObject(
            MachineFinder.Find(Session, all, Name ?? ["*"], name => WriteError(ErrorOf(ApiException.InvalidArgument(MachineFinder.NotFound(name)), name))),
            enumerateCollection: true);
    }
}
