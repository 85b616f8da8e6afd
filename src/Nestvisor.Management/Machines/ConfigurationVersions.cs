namespace Nestvisor.Management.Machines;

/// <summary>The configuration versions of Windows Server 2025, which are the ones a virtual machine here can have.</summary>
internal static class ConfigurationVersions
{
    /// <summary>Version of a new virtual machine.</summary>
    public const string Default = "12.0";

    /// <summary>All versions, oldest first.</summary>
    public static readonly IReadOnlyList<string> All = ["8.0", "8.1", "8.2", "8.3", "9.0", "9.1", "9.2", "9.3", "10.0", "11.0", Default];
}
