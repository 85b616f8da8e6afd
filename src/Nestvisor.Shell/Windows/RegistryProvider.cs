using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Provider;

namespace Nestvisor.Shell.Windows;

/// <summary>
/// The drive HKLM: with what scripts for Hyper-V read from Windows' registry: product and build below
/// SOFTWARE\Microsoft\Windows NT\CurrentVersion. Other keys do not exist, and nothing can be changed.
/// </summary>
[CmdletProvider(Name, ProviderCapabilities.None)]
public sealed class RegistryProvider : NavigationCmdletProvider, IPropertyCmdletProvider
{
    /// <summary>The provider's name, as on Windows.</summary>
    public const string Name = "Registry";

    private const string CurrentVersion = "SOFTWARE/Microsoft/Windows NT/CurrentVersion";

    /// <inheritdoc/>
    public void GetProperty(string path, Collection<string>? providerSpecificPickList)
    {
        var names = providerSpecificPickList ?? [];
        if (!ItemExists(path))
        {
            WriteError(new ErrorRecord(new ItemNotFoundException($"Cannot find path '{path}' because it does not exist."), "PathNotFound", ErrorCategory.ObjectNotFound, path));
            return;
        }

        var values = Values(path);
        var result = new PSObject();
        foreach (var (name, value) in values.Where(value => names.Count == 0 || Wanted(value.Key)))
            result.Properties.Add(new PSNoteProperty(name, value));
        foreach (var missing in names.Where(name => !WildcardPattern.ContainsWildcardCharacters(name) && !values.ContainsKey(name)))
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"Property {missing} does not exist at path {path}."), "System.Management.Automation.PSArgumentException", ErrorCategory.InvalidArgument, missing));
        }

        if (result.Properties.Any())
            WritePropertyObject(result, path);

        bool Wanted(string name) => names.Any(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name));
    }

    /// <inheritdoc/>
    public object? GetPropertyDynamicParameters(string path, Collection<string>? providerSpecificPickList) => null;

    /// <inheritdoc/>
    public void SetProperty(string path, PSObject propertyValue) => throw ReadOnly();

    /// <inheritdoc/>
    public object? SetPropertyDynamicParameters(string path, PSObject propertyValue) => null;

    /// <inheritdoc/>
    public void ClearProperty(string path, Collection<string> propertyToClear) => throw ReadOnly();

    /// <inheritdoc/>
    public object? ClearPropertyDynamicParameters(string path, Collection<string> propertyToClear) => null;

    /// <inheritdoc/>
    protected override Collection<PSDriveInfo> InitializeDefaultDrives()
        => [new PSDriveInfo("HKLM", ProviderInfo, string.Empty, "What scripts for Hyper-V read from Windows' registry", null)];

    /// <inheritdoc/>
    protected override bool IsValidPath(string path) => true;

    /// <inheritdoc/>
    protected override bool ItemExists(string path)
        => Key(path) is var key && (key.Length == 0 || (CurrentVersion + "/").StartsWith(key + "/", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    protected override bool IsItemContainer(string path) => ItemExists(path);

    /// <inheritdoc/>
    protected override void GetItem(string path) => WriteItemObject(Values(path), path, isContainer: true);

    /// <inheritdoc/>
    protected override bool HasChildItems(string path) => Child(path) is not null;

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse)
    {
        if (Child(path) is not { } child)
            return;
        var full = MakePath(path, child);
        GetItem(full);
        if (recurse)
            GetChildItems(full, recurse);
    }

    /// <inheritdoc/>
    protected override void GetChildNames(string path, ReturnContainers returnContainers)
    {
        if (Child(path) is { } child)
            WriteItemObject(child, MakePath(path, child), isContainer: true);
    }

    private static PSNotSupportedException ReadOnly()
        => new("On Linux there is no registry: the drive HKLM: only shows what scripts for Hyper-V read, and cannot be changed.");

    // Paths come with either separator, and from drives with one in front.
    private static string Key(string path) => path.Replace('\\', '/').Trim('/');

    // There is one key below each, down to the one with values.
    private static string? Child(string path)
    {
        var key = Key(path);
        var rest = key.Length == 0 ? CurrentVersion : key.Length < CurrentVersion.Length ? CurrentVersion[(key.Length + 1)..] : null;
        return rest?.Split('/')[0];
    }

    private static IReadOnlyDictionary<string, string> Values(string path)
        => Key(path).Equals(CurrentVersion, StringComparison.OrdinalIgnoreCase)
            ? new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                ["ProductName"] = HostFacts.Product,
                ["EditionID"] = HostFacts.Edition,
                ["CurrentBuild"] = HostFacts.WindowsBuild,
                ["CurrentBuildNumber"] = HostFacts.WindowsBuild,
                ["BuildLabEx"] = $"{HostFacts.WindowsBuild}.nestvisor-{Program.Version.ToString(3)}",
            }
            : new Dictionary<string, string>();
}
