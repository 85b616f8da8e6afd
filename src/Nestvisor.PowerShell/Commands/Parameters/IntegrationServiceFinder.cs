using System.Management.Automation;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Finds integration services by name: case does not matter, wildcards work.</summary>
internal static class IntegrationServiceFinder
{
    /// <summary>The services of a machine that have one of the names.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="names">Names or patterns; null for all.</param>
    /// <param name="onMissing">Told of each name without wildcards that Hyper-V has no service of.</param>
    public static IEnumerable<VMIntegrationComponent> Find(VirtualMachine machine, string[]? names, Action<ApiException> onMissing)
    {
        List<VMIntegrationComponent> all = VMIntegrationComponent.Of(machine);
        if (names is null)
        {
            return all;
        }

        List<VMIntegrationComponent> found = [];
        foreach (string name in names)
        {
            WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            List<VMIntegrationComponent> matches = all.FindAll(service => pattern.IsMatch(service.Name));
            found.AddRange(matches.Where(service => !found.Contains(service)));
            if (matches.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                onMissing(ApiException.NotFound($"There is no integration service \"{name}\". Get-VMIntegrationService lists those that Hyper-V has."));
            }
        }

        return found;
    }
}
