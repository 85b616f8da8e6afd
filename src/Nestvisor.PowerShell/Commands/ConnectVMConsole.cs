using System.Management.Automation;
using System.Net.Sockets;
using Microsoft.HyperV.PowerShell.SerialConsole;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Connect-VMConsole, an extension: connects this terminal to the serial console of a virtual machine.</summary>
/// <remarks>
/// What the guest prints is shown, and all keys go to the guest, Ctrl-C too, until Ctrl-] is pressed or the machine ends. The command needs
/// a terminal; scripts use Get-VMConsoleLog, Wait-VMConsoleText and Send-VMConsoleText.
/// </remarks>
/// <example>
/// Connects the terminal to the console of L1.
/// <code>Connect-VMConsole L1</code>
/// </example>
[Cmdlet(VerbsCommunications.Connect, "VMConsole", DefaultParameterSetName = NameSet)]
public sealed class ConnectVMConsole : MachinePartCmdlet
{
    private static readonly TimeSpan KeyInterval = TimeSpan.FromMilliseconds(10);

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
        {
            throw ApiException.NotSupported(
                "Connect-VMConsole needs a terminal. In scripts use Get-VMConsoleLog, Wait-VMConsoleText and Send-VMConsoleText.");
        }

        using Socket socket = ConsoleConnection.Open(machine);
        Host.UI.WriteLine($"Connected to the console of '{machine.Name}'. Press Ctrl-] to disconnect.");
        bool previous = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            Task output = Task.Run(() => CopyOutput(socket));
            while (!output.IsCompleted && !Cancellation.IsCancellationRequested)
            {
                if (!Console.KeyAvailable)
                {
                    _ = Cancellation.WaitHandle.WaitOne(KeyInterval);
                    continue;
                }

                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                if (TerminalKeys.IsEscape(key))
                {
                    break;
                }

                _ = socket.Send(TerminalKeys.Encode(key));
            }
        }
        catch (SocketException)
        {
            // The machine ended between two keys.
        }
        finally
        {
            Console.TreatControlCAsInput = previous;
        }

        Host.UI.WriteLine("");
        Host.UI.WriteLine($"Disconnected from the console of '{machine.Name}', which is {machine.State}.");
    }

    private static void CopyOutput(Socket socket)
    {
        using Stream output = Console.OpenStandardOutput();
        byte[] buffer = new byte[4096];
        try
        {
            for (int read = socket.Receive(buffer); read > 0; read = socket.Receive(buffer))
            {
                output.Write(buffer, 0, read);
                output.Flush();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // The machine or the terminal is gone, or the user has disconnected.
        }
    }
}
