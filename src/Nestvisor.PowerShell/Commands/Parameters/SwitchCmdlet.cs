using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on virtual switches.</summary>
public abstract class SwitchCmdlet : VirtualizationCmdlet
{
    private protected const string NoTeams = "a virtual switch has one interface. Make a bond of several with ip(8) and bind the switch to that.";
    private protected const string NoBandwidth = "bandwidth is not reserved. Limit that of an adapter with Set-VMNetworkAdapter -MaximumBandwidth.";
    private protected const string NoQueues = "queues of the host's network adapters are the host's own matter; see ethtool(8).";
    private protected const string NoPools = "there are no resource pools.";

    /// <summary>The switches that have one of the names; wildcards work. Tells of each name without wildcards that none has.</summary>
    private protected IReadOnlyList<VMSwitch> FindSwitches(IEnumerable<string> names)
    {
        IReadOnlyList<SwitchInfo> all = Await(Client.GetSwitchesAsync(Cancellation));
        List<VMSwitch> found = [];
        foreach (string name in names)
        {
            Guarded(() => found.AddRange(SwitchFinder.FindAll(all, name).Where(each => found.TrueForAll(other => other.Id != each.Id)).Select(each => new VMSwitch(each))));
        }

        return found;
    }

    /// <summary>The interface of this host that a parameter means.</summary>
    /// <exception cref="ApiException">It means several.</exception>
    private protected static string? OnlyOne(string[]? names, string parameter) => names switch
    {
        null => null,
        [var name] => name,
        _ => throw ApiException.NotSupported($"-{parameter} with several network interfaces is not supported: {NoTeams}"),
    };

    /// <summary>Writes what keeps a switch from working fully.</summary>
    private protected void WarnOf(SwitchInfo info)
    {
        foreach (string warning in info.Warnings)
        {
            WriteWarning(warning);
        }
    }

    /// <summary>Asks whether to go on, as -WhatIf and -Confirm demand.</summary>
    private protected bool Confirmed(string what, string name)
    {
        string command = MyInvocation.MyCommand.Name;
        string description = $"{command} will {what} the virtual switch \"{name}\".";
        return ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm");
    }
}
