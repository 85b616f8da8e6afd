using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Finds virtual switches by name; case does not matter.</summary>
internal static class SwitchFinder
{
    /// <summary>The switch with a name.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static SwitchInfo Find(IReadOnlyList<SwitchInfo> all, string name) => all.FirstOrDefault(each => IsNamed(each, name)) ?? throw NotFound(name);

    /// <summary>The switches whose name a pattern matches; one with wildcards may match none.</summary>
    /// <exception cref="ApiException">The name has no wildcards, and no switch has it.</exception>
    public static IReadOnlyList<SwitchInfo> FindAll(IReadOnlyList<SwitchInfo> all, string name)
    {
        List<SwitchInfo> found = [.. all.Where(each => IsNamed(each, name) || Matches(name, each.Name))];
        return found.Count > 0 || WildcardPattern.ContainsWildcardCharacters(name) ? found : throw NotFound(name);
    }

    private static bool IsNamed(SwitchInfo info, string name) => string.Equals(info.Name, name, StringComparison.OrdinalIgnoreCase);

    private static bool Matches(string pattern, string name)
    {
        try
        {
            return WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name);
        }
        catch (WildcardPatternException)
        {
            // A bracket that is not closed makes it no pattern; it may be a name.
            return false;
        }
    }

    private static ApiException NotFound(string name) =>
        ApiException.NotFound($"Hyper-V was unable to find a virtual switch with name \"{name}\". Get-VMSwitch lists those there are.");
}
