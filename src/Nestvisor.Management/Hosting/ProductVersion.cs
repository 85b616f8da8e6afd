using System.Reflection;

namespace Nestvisor.Management.Hosting;

/// <summary>The version of this program.</summary>
internal static class ProductVersion
{
    /// <summary>As --version prints it.</summary>
    public static string Current { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
