using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Session;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Finds virtual machines by name, as Hyper-V does: case does not matter, wildcards work, names need not be unique.</summary>
internal static class MachineFinder
{
    /// <summary>The machines that have one of the names.</summary>
    /// <param name="session">The session.</param>
    /// <param name="all">All machines.</param>
    /// <param name="names">Names or patterns.</param>
    /// <param name="onMissing">Told of each name without wildcards that no machine has.</param>
    public static List<VirtualMachine> Find(ServiceSession session, IReadOnlyList<MachineInfo> all, IEnumerable<string> names, Action<string> onMissing)
    {
        List<VirtualMachine> found = [];
        HashSet<Guid> seen = [];
        foreach (string name in names)
        {
            WildcardPattern? pattern = PatternOf(name);
            bool any = false;
            foreach (MachineInfo machine in all)
            {
                // A name with brackets is also found when it is written as it is.
                if (pattern?.IsMatch(machine.Configuration.Name) == true || string.Equals(name, machine.Configuration.Name, StringComparison.OrdinalIgnoreCase))
                {
                    any = true;
                    if (seen.Add(machine.Configuration.Id))
                    {
                        found.Add(new VirtualMachine(session, machine));
                    }
                }
            }

            if (!any && (pattern is null || !WildcardPattern.ContainsWildcardCharacters(name)))
            {
                onMissing(name);
            }
        }

        return found;
    }

    /// <summary>A name as a pattern; null for what is none, since a bracket in it is not closed: it still may be a name.</summary>
    public static WildcardPattern? PatternOf(string name)
    {
        try
        {
            WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            _ = pattern.IsMatch("");
            return pattern;
        }
        catch (WildcardPatternException)
        {
            return null;
        }
    }

    /// <summary>Hyper-V's words for a name that no machine has, and what to do.</summary>
    public static string NotFound(string name) => $"Hyper-V was unable to find a virtual machine with name \"{name}\". Get-VM lists those that there are.";
}
