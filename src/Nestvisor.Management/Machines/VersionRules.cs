using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Machines;

/// <summary>What a machine's configuration version may be, and what it must be for virtualization extensions.</summary>
internal static class VersionRules
{
    // Microsoft, "Enable nested virtualization" and the product's own rule for AMD.
    private static readonly Version OldestWithIntelNesting = new(8, 0);
    private static readonly Version OldestWithAmdNesting = new(10, 0);

    /// <summary>Whether this service can keep machines of a version.</summary>
    public static bool IsSupported(string version) => ConfigurationVersions.All.Contains(version);

    /// <summary>Checks the version of a new machine or of a change.</summary>
    /// <exception cref="ApiException">It is not supported.</exception>
    public static void RequireSupported(string version)
    {
        if (!IsSupported(version))
        {
            throw ApiException.InvalidArgument(
                $"Configuration version {version} is not supported. Supported are {string.Join(", ", ConfigurationVersions.All)}.");
        }
    }

    /// <summary>Checks a change of a machine's version.</summary>
    /// <exception cref="ApiException">The new version is not supported, or older.</exception>
    public static void CheckUpdate(MachineConfiguration machine, string version)
    {
        RequireSupported(version);
        if (Version.Parse(version) < Version.Parse(machine.Version))
        {
            throw ApiException.InvalidArgument(
                $"The configuration version of '{machine.Name}' cannot become {version}: it is {machine.Version}, and there is no way back to an older one.");
        }
    }

    /// <summary>Whether the machine may have virtualization extensions with its configuration version on a host.</summary>
    /// <exception cref="ApiException">It may not; the error names the remedies.</exception>
    public static void CheckNesting(MachineConfiguration machine, HostProcessor host)
    {
        bool amd = host.GivesAmdProcessor(machine.Engine);
        Version oldest = amd ? OldestWithAmdNesting : OldestWithIntelNesting;
        if (Version.Parse(machine.Version) < oldest)
        {
            throw ApiException.NotSupported(
                $"'{machine.Name}' cannot have virtualization extensions: with {(amd ? "an AMD" : "an Intel")} processor they need configuration version {oldest} "
                + $"or later, and it has {machine.Version}. Bring it to {ConfigurationVersions.Default} with Update-VMVersion '{machine.Name}', or do without the "
                + $"extensions: Set-VMProcessor '{machine.Name}' -ExposeVirtualizationExtensions $false.");
        }
    }
}
