using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on network adapters, which are given as objects, or by their virtual machines and names.</summary>
public abstract class AdapterCmdlet : MachineCmdlet
{
    private protected const string NameSet = "VMName";
    private protected const string ObjectSet = "VMObject";
    private protected const string AdapterSet = "ResourceObject";
    private protected const string HostSet = "ManagementOS";
    internal const string NoHostPorts =
        "this host has one port on each switch, which is made, named and removed with the switch. See New-VMSwitch and Set-VMSwitch.";

    /// <summary>The adapters given; null if virtual machines were.</summary>
    private protected virtual IEnumerable<VMNetworkAdapterBase>? GivenAdapters => null;

    /// <summary>Names or patterns of adapters of the virtual machines given; null for all adapters.</summary>
    private protected virtual string[]? AdapterNames => null;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (GivenAdapters is not { } given)
        {
            base.Process();
            return;
        }

        foreach (VMNetworkAdapterBase adapter in given.ToList())
        {
            if (adapter is VMNetworkAdapter ofMachine)
            {
                Guarded(() => ProcessAdapter(ofMachine));
            }
            else
            {
                WriteError(ErrorOf(ApiException.NotSupported($"The network adapter '{adapter.Name}' of this host cannot be used here: {NoHostPorts}"), adapter));
            }
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        foreach (string? name in AdapterNames ?? (string?[])[null])
        {
            foreach (VMNetworkAdapter adapter in FindAdapters(machine, name))
            {
                Guarded(() => ProcessAdapter(adapter));
            }
        }
    }

    /// <summary>Does the command's work for one adapter.</summary>
    private protected abstract void ProcessAdapter(VMNetworkAdapter adapter);

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    private protected bool Confirmed(string what, VMNetworkAdapter adapter) => Confirmed($"{what} the network adapter \"{adapter.Name}\" of", adapter.Machine);

    /// <summary>Changes an adapter.</summary>
    private protected void Change(VMNetworkAdapter adapter, ChangeAdapterRequest change)
    {
        Session.Touch();
        adapter.Machine.Update(Await(Client.ChangeAdapterAsync(adapter.VMId, adapter.AdapterGuid, change, Cancellation)));
    }

    private List<VMNetworkAdapter> FindAdapters(VirtualMachine machine, string? name)
    {
        WildcardPattern? pattern = MachineFinder.PatternOf(name ?? "*");
        List<VMNetworkAdapter> found =
        [
            .. machine.NetworkAdapters.Where(adapter =>
                pattern?.IsMatch(adapter.Name) == true || string.Equals(name, adapter.Name, StringComparison.OrdinalIgnoreCase)),
        ];
        if (found.Count == 0 && name is not null && !WildcardPattern.ContainsWildcardCharacters(name))
        {
            WriteError(ErrorOf(
                ApiException.NotFound(
                    $"Hyper-V was unable to find a virtual network adapter with name \"{name}\" of the virtual machine \"{machine.Name}\". Get-VMNetworkAdapter lists "
                    + "those there are."),
                null));
        }

        return found;
    }
}
