using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMComPort: chooses the Unix sockets of the serial ports of virtual machines.</summary>
/// <remarks>
/// Number 1 is the machine's console. While the machine runs, it can be reached at a socket: in the service's runtime folder, or at the path that this
/// command gives. Number 2 is there for the guest only while it has a path. Only the same user can connect. The machine has to be off.
/// </remarks>
/// <example>
/// Puts the console of L1 at a socket in the current folder.
/// <code>Set-VMComPort L1 -Number 1 -Path L1.sock</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMComPort", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMComPort))]
public sealed class SetVMComPort : MachinePartCmdlet
{
    private const string PartSet = "VMComPort";
    private const string PipePrefix = "\\\\.\\pipe\\";

    /// <summary>Number of the port: 1, the console, or 2.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true)]
    [ValidateRange(1, 2)]
    public int Number { get; set; } = 1;

    /// <summary>Serial ports of virtual machines.</summary>
    [Parameter(ParameterSetName = PartSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMComPort[]? VMComPort { get; set; }

    /// <summary>Path of the socket, where nothing is yet; an empty string takes it away.</summary>
    [Parameter(Position = 2)]
    [AllowNull]
    [AllowEmptyString]
    public string? Path { get; set; }

    /// <summary>Off; a debugger's protocol is the guest's own matter.</summary>
    [Parameter]
    [Unsupported("the port carries bytes as they are.", Except = OnOffState.Off)]
    public OnOffState DebuggerMode { get; set; }

    /// <summary>Writes the port.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (VMComPort is null)
        {
            base.Process();
            return;
        }

        foreach (VMComPort port in VMComPort)
        {
            Guarded(() => Set(port.Machine, port.Number));
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => Set(machine, Number);

    private void Set(VirtualMachine machine, int number)
    {
        string? path = MyInvocation.BoundParameters.ContainsKey(nameof(Path)) ? SocketPath() : null;
        if (Confirmed("configure a serial port of", machine))
        {
            Change(machine, number == 1 ? new ChangeMachineRequest { ComPort1Path = path } : new ChangeMachineRequest { ComPort2Path = path });
            if (Passthru)
            {
                WriteObject(new VMComPort(machine, number));
            }
        }
    }

    private string SocketPath() =>
        string.IsNullOrEmpty(Path) ? ""
        : !Path.StartsWith(PipePrefix, StringComparison.OrdinalIgnoreCase) ? FullPath(Path)
        : throw ApiException.InvalidArgument($"'{Path}' is the name of a pipe of Windows. Give the path of a Unix socket, such as /tmp/{Path[PipePrefix.Length..]}.sock.");
}
