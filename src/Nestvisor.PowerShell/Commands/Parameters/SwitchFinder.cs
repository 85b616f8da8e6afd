using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Finds virtual switches by name; case does not matter.</summary>
internal static class SwitchFinder
{
    /// <summary>The switch with a name.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static SwitchInfo Find(IReadOnlyList<SwitchInfo> all, string name) =>
        all.FirstOrDefault(each => string.Equals(each.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw ApiException.NotFound($"Hyper-V was unable to find a virtual switch with name \"{name}\". Get-VMSwitch lists those there are.");
}
