using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Microsoft.Management.Infrastructure;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>A command with the parameters that Windows' commands over CIM classes have.</summary>
public abstract class CimCmdlet : NetworkCmdlet
{
    /// <summary>Not supported: sessions with other computers.</summary>
    [Parameter]
    [Alias("Session")]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>How many things to work on at a time, 0 for as many as is best. It is always one.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int ThrottleLimit { get; set; }

    /// <summary>Writes a job and works in the background.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (AsJob)
        {
            Dictionary<string, object> parameters = CommandJob.ParametersOf(this, ParameterSetName);
            if (AsksBeforeAJob(parameters))
            {
                WriteObject(CommandJob.Start(this, parameters, "CimJob"));
            }
        }
        else
        {
            base.ProcessRecord();
        }
    }

    /// <summary>Writes objects.</summary>
    private protected void Write(IEnumerable<CimObject> objects)
    {
        foreach (CimObject item in objects)
        {
            WriteObject(item.Wrap());
        }
    }

    // A job has nobody to ask: what -Confirm and -WhatIf demand is asked for all that it will work on.
    private bool AsksBeforeAJob(Dictionary<string, object> parameters)
    {
        if (Attribute.GetCustomAttribute(GetType(), typeof(CmdletAttribute)) is not CmdletAttribute { SupportsShouldProcess: true })
        {
            return true;
        }

        parameters["Confirm"] = false;
        string values = string.Join(", ", parameters.Where(parameter => parameter.Value is string or Array).Select(parameter => Text(parameter.Value)));
        return ShouldProcess(values.Length > 0 ? values : CimClass, MyInvocation.MyCommand.Name);
    }

    private static string Text(object value) => LanguagePrimitives.ConvertTo<string>(value);
}
