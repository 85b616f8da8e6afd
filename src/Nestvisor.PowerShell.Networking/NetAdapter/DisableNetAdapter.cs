using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Disable-NetAdapter: switches network interfaces off.</summary>
/// <remarks>
/// The same as ip link set NAME down. It asks, unless -Confirm:$false is given.
/// </remarks>
/// <example>
/// Switches eth1 off without asking.
/// <code>Disable-NetAdapter eth1 -Confirm:$false</code>
/// </example>
[Cmdlet(VerbsLifecycle.Disable, "NetAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(NetAdapter))]
public sealed class DisableNetAdapter : AdapterCmdlet
{
    /// <inheritdoc/>
    private protected override void Change(HostAdapterChange change, NetAdapter adapter) => change.Enable(adapter, enabled: false);
}
