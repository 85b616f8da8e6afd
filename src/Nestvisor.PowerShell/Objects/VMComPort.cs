namespace Microsoft.HyperV.PowerShell;

/// <summary>The serial port of a virtual machine, its console.</summary>
public sealed class VMComPort : VMComponentObject
{
    internal VMComPort(VirtualMachine machine)
        : base(machine)
    {
    }

    /// <inheritdoc/>
    public override string Name => "COM 1";

    /// <summary>
    /// Path of the Unix socket that carries the port's bytes; while the machine is off, the one that Set-VMComPort gave it, or empty.
    /// </summary>
    public string Path => Machine.Info.ConsoleSocket ?? Machine.Configuration.ComPort1Path ?? "";

    /// <summary>Always Off.</summary>
    public OnOffState DebuggerMode => OnOffState.Off;
}
