using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command that enables or disables integration services.</summary>
public abstract class IntegrationServiceCmdlet : MachineCmdlet
{
    private protected const string NameSet = "VMName";

    private const string ObjectSet = "VMObject";
    private const string ServiceSet = "VMIntegrationService";

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Names of services; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine[]? VM { get; set; }

    /// <summary>Integration services.</summary>
    [Parameter(ParameterSetName = ServiceSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMIntegrationComponent[]? VMIntegrationService { get; set; }

    /// <summary>Writes the service.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => ParameterSetName == NameSet ? VMName : null;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => ParameterSetName == ObjectSet ? VM : null;

    /// <inheritdoc/>
    private protected sealed override void Process()
    {
        if (VMIntegrationService is null)
        {
            base.Process();
            return;
        }

        foreach (VMIntegrationComponent service in VMIntegrationService)
        {
            Guarded(() => ProcessService(service), target: service);
        }
    }

    /// <inheritdoc/>
    private protected sealed override void ProcessMachine(VirtualMachine machine)
    {
        foreach (VMIntegrationComponent service in IntegrationServiceFinder.Find(machine, Name, error => WriteError(ErrorOf(error, machine))))
        {
            Guarded(() => ProcessService(service), target: service);
        }
    }

    /// <summary>Does the command's work for one service.</summary>
    /// <exception cref="ApiException">It cannot be done.</exception>
    private protected abstract void ProcessService(VMIntegrationComponent service);
}
