namespace Microsoft.HyperV.PowerShell;

/// <summary>A serial port of a virtual machine: COM 1, its console, or COM 2.</summary>
public sealed class VMComPort : VMComponentObject
{
    internal VMComPort(VirtualMachine machine, int number)
        : base(machine) => Number = number;

    /// <inheritdoc/>
    public override string Name => $"COM {Number}";

    /// <summary>
    /// Path of the Unix socket that carries the port's bytes: the one that Set-VMComPort gave it, and of the console the service's own while the
    /// machine runs; else empty. Without a path the guest has no COM 2.
    /// </summary>
    public string Path => (Number == 2 ? Machine.Configuration.ComPort2Path : Machine.Info.ConsoleSocket ?? Machine.Configuration.ComPort1Path) ?? "";

    /// <summary>Always Off.</summary>
    public OnOffState DebuggerMode => OnOffState.Off;

    /// <summary>1 or 2.</summary>
    internal int Number { get; }
}
