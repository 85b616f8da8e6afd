using System.Management.Automation;

namespace Nestvisor.NetworkCommands;

/// <summary>What stands for an instance of one of Windows' CIM classes. PowerShell shows it under the name that the instance has there.</summary>
public abstract class CimObject
{
    private readonly string _cimClass;

    private protected CimObject(string cimClass) => _cimClass = cimClass;

    /// <summary>The object as a command writes it, with the type name that scripts and views look for.</summary>
    internal PSObject Wrap()
    {
        PSObject wrapped = new(this);
        wrapped.TypeNames.Insert(0, $"Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/{_cimClass}");
        return wrapped;
    }
}
