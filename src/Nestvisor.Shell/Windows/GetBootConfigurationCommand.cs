using System.Management.Automation;

namespace Nestvisor.Shell.Windows;

/// <summary>
/// What <c>bcdedit /enum</c> shows, of Linux: how this system was booted, and whether nesting was switched off when KVM was loaded. Scripts
/// look for "hypervisorloadoptions" in it.
/// </summary>
[Cmdlet(VerbsCommon.Get, "BootConfiguration")]
[OutputType(typeof(string))]
public sealed class GetBootConfigurationCommand : PSCmdlet
{
    /// <summary>What to do; only /enum.</summary>
    [Parameter(Position = 0, ValueFromRemainingArguments = true)]
    public string[] Action { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Action.Length > 1 || (Action.Length == 1 && !Action[0].Equals("/enum", StringComparison.OrdinalIgnoreCase)))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSNotSupportedException($"bcdedit {string.Join(' ', Action)} is not supported: on Linux it can only show how the system was booted, with /enum. Its boot loader has settings of its own."),
                "NotSupported", ErrorCategory.NotImplemented, Action));
        }

        Write("identifier", "{current}");
        Write("description", HostFacts.Product);
        Write("loadoptions", HostFacts.KernelCommandLine);
        Write("hypervisorlaunchtype", HostFacts.HypervisorIsInstalled ? "Auto" : "Off");
        if (HostFacts.NestingIsSwitchedOff)
            Write("hypervisorloadoptions", "OFFERNESTEDVIRT=FALSE");
    }

    private void Write(string name, string value) => WriteObject($"{name,-24}{value}");
}
