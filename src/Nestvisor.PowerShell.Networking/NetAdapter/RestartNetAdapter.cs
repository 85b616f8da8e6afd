using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Restart-NetAdapter: switches network interfaces off and on.</summary>
/// <remarks>
/// The kernel forgets the routes over an interface that is switched off, and IPv6 addresses.
/// </remarks>
/// <example>
/// Switches eth1 off and on.
/// <code>Restart-NetAdapter eth1</code>
/// </example>
[Cmdlet(VerbsLifecycle.Restart, "NetAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(NetAdapter))]
public sealed class RestartNetAdapter : AdapterCmdlet
{
    /// <inheritdoc/>
    private protected override void Change(HostAdapterChange change, NetAdapter adapter)
    {
        change.Enable(adapter, enabled: false);
        change.Enable(adapter, enabled: true);
    }
}
