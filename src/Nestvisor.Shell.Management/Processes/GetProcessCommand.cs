using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Process: the processes that run.</summary>
[Cmdlet(VerbsCommon.Get, "Process", DefaultParameterSetName = "Name")]
[OutputType(typeof(Process))]
public sealed class GetProcessCommand : ProcessCommand
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    [Alias("PID")]
    public int[] Id { get; set; } = [];

    /// <summary>Processes, as they were given.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    public Process[] InputObject { get; set; } = [];

    /// <summary>Write the modules loaded rather than the processes.</summary>
    [Parameter]
    [Alias("ME")]
    public SwitchParameter Module { get; set; }

    /// <summary>Write the main module's version rather than the processes.</summary>
    [Parameter]
    [Alias("FV", "FVI")]
    public SwitchParameter FileVersionInfo { get; set; }

    /// <summary>Add the user's name.</summary>
    [Parameter]
    public SwitchParameter IncludeUserName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var processes = ParameterSetName switch
        {
            "Id" => ById(Id, "NoProcessFoundFor"),
            "InputObject" => InputObject,
            _ => ByName(Name, "NoProcessFoundFor"),
        };
        foreach (var process in processes)
            Write(process);
    }

    private void Write(Process process)
    {
        try
        {
            if (Module)
            {
                WriteObject(process.Modules, enumerateCollection: true);
            }
            else if (FileVersionInfo)
            {
                WriteObject(process.MainModule?.FileVersionInfo);
            }
            else
            {
                var result = PSObject.AsPSObject(process);
                if (IncludeUserName)
                {
                    result.Properties.Add(new PSNoteProperty("UserName", UserNames.Of(process.Id)), preValidated: true);
                    result.TypeNames.Insert(0, "System.Diagnostics.Process#IncludeUserName");
                }

                WriteObject(result);
            }
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            Report(e, "CouldNotEnumerateModules", process);
        }
    }
}
