using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Judges bound parameters before a command does anything.</summary>
internal static class ParameterRules
{
    /// <summary>Why -CimSession and -Credential are refused.</summary>
    public const string OtherComputers = "Nestvisor's commands work on this computer only. Run the command there, through ssh.";

    /// <summary>The first reason why the bound parameters cannot be honoured; null if they can.</summary>
    public static string? FirstRefusal(PSCmdlet command)
    {
        foreach (KeyValuePair<string, object> bound in command.MyInvocation.BoundParameters)
        {
            // An object in the pipeline that has nothing at a property asks for nothing.
            PropertyInfo? property = bound.Value is null ? null : command.GetType().GetProperty(bound.Key);
            if (property?.GetCustomAttribute<UnsupportedAttribute>() is { } unsupported && !IsExcepted(bound.Value, unsupported.Except))
            {
                return $"{command.MyInvocation.MyCommand.Name} -{bound.Key} is not supported: {unsupported.Reason}";
            }
        }

        return null;
    }

    private static bool IsExcepted(object? value, object? except) => except is not null && value switch
    {
        null => false,
        SwitchParameter present => present.IsPresent.Equals(except),
        Enum named => named.Equals(except),
        bool or string => value.Equals(except),
        IConvertible number => number.ToInt64(CultureInfo.InvariantCulture) == System.Convert.ToInt64(except, CultureInfo.InvariantCulture),
        _ => false,
    };
}
