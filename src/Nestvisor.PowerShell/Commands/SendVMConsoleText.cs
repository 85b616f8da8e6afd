using System.Management.Automation;
using System.Net.Sockets;
using System.Text;
using Microsoft.HyperV.PowerShell.SerialConsole;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Send-VMConsoleText, an extension: types a line at the serial console of virtual machines.</summary>
/// <remarks>The text is followed by Enter unless -NoNewline is given. What the guest answers is in Get-VMConsoleLog.</remarks>
/// <example>
/// Types a command at the console of L1.
/// <code>Send-VMConsoleText L1 'ls /'</code>
/// </example>
[Cmdlet(VerbsCommunications.Send, "VMConsoleText", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
public sealed class SendVMConsoleText : MachinePartCmdlet
{
    /// <summary>The text.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [AllowEmptyString]
    public string Text { get; set; } = "";

    /// <summary>Does not press Enter after the text.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (!Confirmed("type at the console of", machine))
        {
            return;
        }

        using Socket socket = ConsoleConnection.Open(machine);
        byte[] bytes = Encoding.UTF8.GetBytes(NoNewline ? Text : Text + "\r");
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += socket.Send(bytes.AsSpan(sent));
        }

        socket.Shutdown(SocketShutdown.Send);
    }
}
