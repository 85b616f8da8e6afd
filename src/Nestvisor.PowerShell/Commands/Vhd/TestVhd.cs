using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;

namespace Microsoft.Vhd.PowerShell.Cmdlets;

/// <summary>Test-VHD: tells whether virtual hard disk files can be used.</summary>
/// <remarks>
/// The command looks at all structures of the file and changes nothing. If the disk cannot be used, it writes False and an error that says why. A
/// disk that a running machine writes to cannot be tested.
/// </remarks>
/// <example>
/// Tests a disk.
/// <code>Test-VHD -Path data.vhdx</code>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "VHD", DefaultParameterSetName = "ExistingVHD")]
[OutputType(typeof(bool))]
public sealed class TestVhd : VhdCmdlet
{
    /// <summary>Files; wildcards work.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>Not supported: whether a disk can be shared.</summary>
    [Parameter(ParameterSetName = "SharedDisk", Mandatory = true)]
    [Alias("ShareVirtualDisk")]
    [Unsupported("disks cannot be shared.")]
    public SwitchParameter SupportPersistentReservations { get; set; }

    /// <inheritdoc/>
    private protected override void Process() => ForEachFile(Path!, Check);

    private void Check(string file)
    {
        try
        {
            Await(Client.CheckDiskFileAsync(file, Cancellation));
            WriteObject(true);
        }
        catch (ApiException)
        {
            WriteObject(false);
            throw;
        }
    }
}
