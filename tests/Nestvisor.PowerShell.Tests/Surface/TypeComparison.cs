using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using Microsoft.HyperV.PowerShell.Commands;

namespace Nestvisor.PowerShell.Tests.Surface;

/// <summary>The types that scripts see beside Hyper-V's: members of enumerations with their numbers, properties with their types.</summary>
internal static class TypeComparison
{
    /// <summary>All that differs in the types that are there.</summary>
    public static List<Difference> Differences()
    {
        Dictionary<string, string[]> types = SurfaceData.Types();
        List<Difference> differences = [];
        foreach (Type type in typeof(GetVM).Assembly.GetExportedTypes().Where(type => !type.IsSubclassOf(typeof(Cmdlet))))
        {
            string name = ModuleShape.Name(type);
            if (types.TryGetValue(name, out string[]? members))
            {
                differences.AddRange(Compare(name, Members(type), members));
            }
            else
            {
                differences.Add(new Difference(name, "", "extra", "a type of Nestvisor's own"));
            }
        }

        return differences;
    }

    private static IEnumerable<Difference> Compare(string type, Dictionary<string, string> here, string[] there)
    {
        foreach (string member in there)
        {
            int split = member.IndexOfAny(['=', ':']);
            string name = member[..split];
            string value = member[(split + 1)..];
            if (!here.Remove(name, out string? own))
            {
                yield return new Difference(type, name, "absent", value);
            }
            else if (own != value)
            {
                yield return new Difference(type, name, "type", $"{own}, not {value}");
            }
        }

        foreach ((string name, string value) in here)
        {
            yield return new Difference(type, name, "extra", value);
        }
    }

    private static Dictionary<string, string> Members(Type type) => type.IsEnum
        ? Enum.GetNames(type).ToDictionary(name => name, name => System.Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))
        : type.GetProperties(BindingFlags.Public | BindingFlags.Instance).ToDictionary(property => property.Name, property => ModuleShape.Name(property.PropertyType));
}
