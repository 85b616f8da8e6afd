using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on network adapters of virtual machines.</summary>
public abstract class AdapterCmdlet : VirtualizationCmdlet
{
    private protected const string NameSet = "VMName";
    private protected const string ObjectSet = "VMObject";
    private protected const string AdapterSet = "ResourceObject";
    private protected const string HostSet = "ManagementOS";
    private protected const string NoHostPorts =
        "this host has one port on each switch, which is made, named and removed with the switch. See New-VMSwitch and Set-VMSwitch.";

    /// <summary>The machines with names or patterns; an error for each name that no machine has.</summary>
    private protected List<VirtualMachine> FindMachines(IEnumerable<string> names) => MachineFinder.Find(
        Session,
        Await(Client.GetMachinesAsync(Cancellation)),
        names,
        name => WriteError(ErrorOf(ApiException.NotFound(MachineFinder.NotFound(name)), null)));

    /// <summary>The adapters of machines that have a name or pattern.</summary>
    /// <param name="machines">The machines.</param>
    /// <param name="name">The name; null for all adapters.</param>
    private protected IEnumerable<VMNetworkAdapter> FindAdapters(IEnumerable<VirtualMachine> machines, string? name)
    {
        WildcardPattern? pattern = name is null ? null : WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        foreach (VirtualMachine machine in machines)
        {
            bool any = false;
            foreach (VMNetworkAdapter adapter in machine.NetworkAdapters)
            {
                if (pattern is null || pattern.IsMatch(adapter.Name) || string.Equals(name, adapter.Name, StringComparison.OrdinalIgnoreCase))
                {
                    any = true;
                    yield return adapter;
                }
            }

            if (!any && name is not null && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(ErrorOf(
                    ApiException.NotFound($"Hyper-V was unable to find a virtual network adapter with name \"{name}\" of the virtual machine \"{machine.Name}\"."), null));
            }
        }
    }

    /// <summary>The adapters with names or patterns, all if there are none, of machines with names or patterns.</summary>
    private protected IEnumerable<VMNetworkAdapter> FindNamed(string[] machineNames, string[]? adapterNames)
    {
        List<VirtualMachine> machines = FindMachines(machineNames);
        return adapterNames is null ? FindAdapters(machines, null) : adapterNames.SelectMany(name => FindAdapters(machines, name));
    }

    /// <summary>The adapters among objects of both kinds; an error for each of this host's.</summary>
    private protected IEnumerable<VMNetworkAdapter> OfMachines(IEnumerable<VMNetworkAdapterBase> adapters)
    {
        foreach (VMNetworkAdapterBase adapter in adapters)
        {
            if (adapter is VMNetworkAdapter ofMachine)
            {
                yield return ofMachine;
            }
            else
            {
                WriteError(ErrorOf(ApiException.NotSupported($"The network adapter '{adapter.Name}' of this host cannot be used here: {NoHostPorts}"), adapter));
            }
        }
    }

    /// <summary>The switch with a name.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    private protected Guid FindSwitch(string name) => SwitchFinder.Find(Await(Client.GetSwitchesAsync(Cancellation)), name).Id;

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    private protected bool Confirmed(string what, VMNetworkAdapter adapter) => Confirmed($"{what} the network adapter \"{adapter.Name}\" of", adapter.Machine);

    /// <summary>Changes an adapter.</summary>
    private protected void Change(VMNetworkAdapter adapter, ChangeAdapterRequest change)
    {
        Session.Touch();
        adapter.Machine.Update(Await(Client.ChangeAdapterAsync(adapter.VMId, adapter.AdapterGuid, change, Cancellation)));
    }

    /// <summary>Changes what an adapter's port lets through.</summary>
    private protected void Change(VMNetworkAdapter adapter, Func<PortSettings, PortSettings> change) =>
        Change(adapter, new ChangeAdapterRequest { Port = change(adapter.Configuration.Port) });
}
