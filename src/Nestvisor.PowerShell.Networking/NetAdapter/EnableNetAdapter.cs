using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Enable-NetAdapter: switches network interfaces on.</summary>
/// <remarks>
/// The same as ip link set NAME up.
/// </remarks>
/// <example>
/// Switches eth1 on.
/// <code>Enable-NetAdapter eth1</code>
/// </example>
[Cmdlet(VerbsLifecycle.Enable, "NetAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(NetAdapter))]
public sealed class EnableNetAdapter : AdapterCmdlet
{
    /// <inheritdoc/>
    private protected override void Change(HostAdapterChange change, NetAdapter adapter) => change.Enable(adapter, enabled: true);
}
