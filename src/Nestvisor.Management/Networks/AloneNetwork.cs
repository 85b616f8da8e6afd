using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Networks;

/// <summary>What is said of adapters that are on the default switch alone: where the user can have no network namespace, each has a passt(1) of its own.</summary>
internal static class AloneNetwork
{
    /// <summary>What such an adapter has not.</summary>
    public const string Lost =
        "Its virtual machines do not see each other, nor this host at the address that they share with it; NetNat and static mappings do not reach them; no rules of the kernel hold them to their own "
        + "addresses, only the worker does; MacAddressSpoofing and VLANs mean nothing beyond passt, which has one guest; counters of the kernel are missing; and "
        + "where user namespaces are forbidden, passt itself runs without those that would shut it in. 'docs/networking.md' tells what it takes to have all of it.";

    /// <summary>What there is to warn of while a machine runs.</summary>
    /// <param name="configuration">The machine.</param>
    /// <param name="adapters">Its adapters, as the worker says.</param>
    public static IReadOnlyList<string> WarningsOf(MachineConfiguration configuration, IReadOnlyList<WorkerAdapterStatus> adapters)
    {
        List<string> warnings = [];
        foreach (WorkerAdapterStatus status in adapters)
        {
            if (status.IsAlone && configuration.NetworkAdapters.FirstOrDefault(each => each.Id == status.Id) is { } adapter)
            {
                string who = $"The network adapter '{adapter.Name}' of '{configuration.Name}'";
                warnings.Add(status.HasEnded
                    ? $"{who} has no network any more: its passt has ended. Turn the machine off and start it."
                    : $"{who} is on '{SwitchRules.DefaultName}' by a passt of its own, since this user can have no network namespace. {Lost}");
            }
        }

        return warnings;
    }
}
