using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Rename-NetAdapter: gives network interfaces another name.</summary>
/// <remarks>
/// The name is the kernel's alias of the interface (ip link set NAME alias TEXT); the kernel's own name stays. Nestvisor remembers it for adapters with an address of their own.
/// The host's port on a virtual switch has its name from the switch.
/// </remarks>
/// <example>
/// Names the adapter as the examples of nested virtualization do.
/// <code>Rename-NetAdapter eth0 "vEthernet (VmNat)"</code>
/// </example>
[Cmdlet(VerbsCommon.Rename, "NetAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(NetAdapter))]
public sealed class RenameNetAdapter : AdapterCmdlet
{
    /// <summary>The new name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <inheritdoc/>
    private protected override void Change(HostAdapterChange change, NetAdapter adapter) => change.Rename(adapter, NewName);
}
