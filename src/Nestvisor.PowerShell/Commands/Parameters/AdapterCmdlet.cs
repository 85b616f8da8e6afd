using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on network adapters, which are given as objects, or by their virtual machines and names.</summary>
public abstract class AdapterCmdlet : MachineCmdlet
{
    private protected const string NameSet = "VMName";
    private protected const string ObjectSet = "VMObject";
    private protected const string AdapterSet = "ResourceObject";
    private protected const string HostSet = "ManagementOS";
    /// <summary>The adapters given; null if virtual machines were.</summary>
    private protected virtual IEnumerable<VMNetworkAdapterBase>? GivenAdapters => null;

    /// <summary>Names or patterns of adapters of the virtual machines given; null for all adapters.</summary>
    private protected virtual string[]? AdapterNames => null;

    /// <summary>Name of the switch whose adapters of this host are meant; null for those of all switches.</summary>
    private protected virtual string? HostSwitchName => null;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (ParameterSetName == HostSet)
        {
            foreach (VMInternalNetworkAdapter adapter in FindHostAdapters())
            {
                Guarded(() => ProcessHostAdapter(adapter));
            }

            return;
        }

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
            else if (adapter is VMInternalNetworkAdapter ofHost)
            {
                Guarded(() => ProcessHostAdapter(ofHost));
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

    /// <summary>Does the command's work for one adapter of this host.</summary>
    private protected virtual void ProcessHostAdapter(VMInternalNetworkAdapter adapter) => throw ApiException.InvalidArgument(
        $"The network adapter '{adapter.Name}' is this host's; {MyInvocation.MyCommand.Name} is for those of virtual machines.");

    /// <summary>The adapters of this host that the parameters name; tells of each name without wildcards that none has.</summary>
    private protected List<VMInternalNetworkAdapter> FindHostAdapters()
    {
        IReadOnlyList<SwitchInfo> switches = Await(Client.GetSwitchesAsync(Cancellation));
        if (HostSwitchName is not null)
        {
            switches = [SwitchFinder.Find(switches, HostSwitchName)];
        }

        List<VMInternalNetworkAdapter> all = [.. VMInternalNetworkAdapter.Of(Client, switches)];
        List<VMInternalNetworkAdapter> found = [];
        foreach (string? name in AdapterNames ?? (string?[])[null])
        {
            List<VMInternalNetworkAdapter> named = all.FindAll(adapter => IsNamed(adapter, name));
            found.AddRange(named.Where(adapter => !found.Contains(adapter)));
            if (named.Count == 0 && name is not null && ParameterSetName == HostSet && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(ErrorOf(
                    ApiException.NotFound(
                        $"Hyper-V was unable to find a virtual network adapter with name \"{name}\" of this host. Get-VMNetworkAdapter -ManagementOS lists those there are."),
                    null));
            }
        }

        return found;
    }

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    private protected bool Confirmed(string what, VMInternalNetworkAdapter adapter)
    {
        string description = $"{MyInvocation.MyCommand.Name} will {what} the network adapter \"{adapter.Name}\" of this host.";
        return ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm");
    }

    /// <summary>Changes an adapter of this host.</summary>
    private protected void Change(VMInternalNetworkAdapter adapter, ChangeHostPortRequest change) =>
        adapter.Update(Await(Client.ChangeHostPortAsync(adapter.SwitchId!.Value, adapter.PortId, change, Cancellation)));

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    private protected bool Confirmed(string what, VMNetworkAdapter adapter) => Confirmed($"{what} the network adapter \"{adapter.Name}\" of", adapter.Machine);

    /// <summary>Changes an adapter.</summary>
    private protected void Change(VMNetworkAdapter adapter, ChangeAdapterRequest change)
    {
        Session.Touch();
        adapter.Machine.Update(Await(Client.ChangeAdapterAsync(adapter.VMId, adapter.AdapterGuid, change, Cancellation)));
    }

    private static bool IsNamed(VMNetworkAdapterBase adapter, string? name) =>
        MachineFinder.PatternOf(name ?? "*")?.IsMatch(adapter.Name) == true || string.Equals(name, adapter.Name, StringComparison.OrdinalIgnoreCase);

    private List<VMNetworkAdapter> FindAdapters(VirtualMachine machine, string? name)
    {
        List<VMNetworkAdapter> found = [.. machine.NetworkAdapters.Where(adapter => IsNamed(adapter, name))];
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
