using System.Management.Automation;
using Nestvisor.Shell.Windows;

namespace Microsoft.Dism.Commands;

/// <summary>
/// Get-WindowsOptionalFeature: the features of Windows that Nestvisor is, which scripts for Hyper-V look for before they begin. Enabled if its
/// programs are installed.
/// </summary>
[Cmdlet(VerbsCommon.Get, "WindowsOptionalFeature")]
[OutputType(typeof(PSObject))]
public sealed class GetWindowsOptionalFeatureCommand : PSCmdlet
{
    private static readonly string[] Programs = ["Microsoft-Hyper-V-All", "Microsoft-Hyper-V", "Microsoft-Hyper-V-Services", "Microsoft-Hyper-V-Hypervisor"];
    private static readonly string[] Commands = ["Microsoft-Hyper-V-Tools-All", "Microsoft-Hyper-V-Management-PowerShell"];

    /// <summary>This system; there are no images of others.</summary>
    [Parameter(Mandatory = true)]
    public SwitchParameter Online { get; set; }

    /// <summary>Only this feature.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string? FeatureName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string[] all = [.. Programs, .. Commands];
        if (!string.IsNullOrEmpty(FeatureName) && !all.Contains(FeatureName, StringComparer.OrdinalIgnoreCase))
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"Feature name {FeatureName} is unknown: of Windows' features Nestvisor is {string.Join(", ", all)}."),
                "FeatureUnknown", ErrorCategory.ObjectNotFound, FeatureName));
            return;
        }

        foreach (var name in all.Where(name => string.IsNullOrEmpty(FeatureName) || name.Equals(FeatureName, StringComparison.OrdinalIgnoreCase)))
        {
            var feature = new PSObject();
            feature.Properties.Add(new PSNoteProperty("FeatureName", name));
            feature.Properties.Add(new PSNoteProperty("State", Commands.Contains(name) || HostFacts.HypervisorIsInstalled ? "Enabled" : "Disabled"));
            WriteObject(feature);
        }
    }
}
