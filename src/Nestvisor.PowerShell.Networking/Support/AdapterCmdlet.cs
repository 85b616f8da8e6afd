using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>A command that changes network interfaces, one after another.</summary>
public abstract class AdapterCmdlet : CimCmdlet
{
    private protected const string NameSet = "ByName";
    private protected const string DescriptionSet = "ByInstanceID";
    private protected const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Names of adapters; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Alias("ifAlias", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Looks at hidden adapters too: the loopback, and the host's ends of virtual machines' adapters.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = DescriptionSet)]
    public SwitchParameter IncludeHidden { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Descriptions of adapters; wildcards work.</summary>
    [Parameter(ParameterSetName = DescriptionSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifDesc")]
    [ValidateNotNullOrEmpty]
    public string[]? InterfaceDescription { get; set; }

    /// <summary>Objects: adapters.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetAdapter[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetAdapter.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = LoadState();
        HostAdapterChange change = new(Client, Warn, Cancellation);
        foreach (NetAdapter adapter in Selected(state))
        {
            if (ShouldProcess(adapter.Name, MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    Change(change, adapter);
                    if (PassThru)
                    {
                        Write(LoadState().Adapters.Where(now => now.InterfaceIndex == adapter.InterfaceIndex));
                    }
                });
            }
        }
    }

    /// <summary>Does the command's work for one adapter.</summary>
    private protected abstract void Change(HostAdapterChange change, NetAdapter adapter);

    private IReadOnlyList<NetAdapter> Selected(NetworkState state) => new CimQuery<NetAdapter>(CimClass)
        .Like("Name", ParameterSetName == NameSet ? Name : null, adapter => adapter.Names)
        .Like("InterfaceDescription", ParameterSetName == DescriptionSet ? InterfaceDescription : null, adapter => adapter.InterfaceDescription)
        .Is("InterfaceIndex", InputObject?.Select(adapter => adapter.InterfaceIndex), adapter => adapter.InterfaceIndex)
        .Run(state.Adapters.Where(adapter => IncludeHidden || InputObject is not null || !adapter.Hidden), WriteError);
}
