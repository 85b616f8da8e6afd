using System.Net.Sockets;
using System.Text;

namespace Nestvisor.Guests.Tests;

/// <summary>The second serial port, with Linux as the guest.</summary>
public sealed class SerialPortTests
{
    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void SecondPort_WithAPath_CarriesBytesBothWaysAlsoAfterASave(GuestUser user)
    {
        using LabSession session = new(user);
        string path = session.Folder.File("second");
        _ = Do(session, $"""
            New-VM Guest -MemoryStartupBytes 160MB | Out-Null
            Set-VMFirmware Guest -KernelPath '{session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{session.Folder.Guest("net.cpio")}' -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=Guest'
            Set-VMComPort Guest 2 '{path}'
            Start-VM Guest
            Wait-VMConsoleText Guest -Pattern 'Guest: ready' -Timeout 300 | Out-Null
            """);
        try
        {
            Exchange(session, path, "first");
            _ = Do(session, "Save-VM Guest; Start-VM Guest");
            Exchange(session, path, "again");
            _ = Do(session, "Stop-VM Guest -TurnOff; Set-VMComPort Guest 2 ''; Start-VM Guest; Wait-VMConsoleText Guest -Pattern 'Guest: ready' -Timeout 300 | Out-Null");
            Assert.Contains("no second", Type(session, "stty -F /dev/ttyS1 || echo no second", "^no second"), StringComparison.Ordinal);
        }
        finally
        {
            _ = Do(session, "Get-VM | Stop-VM -TurnOff -WarningAction Ignore");
        }
    }

    private static void Exchange(LabSession session, string path, string word)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.ReceiveTimeout = 120_000;
        socket.Connect(new UnixDomainSocketEndPoint(path));

        // What comes to a port that nobody has open is lost. The reader has a session of its own, as else its end is that of the console's shell.
        string reader = $"exec 3<>/dev/ttyS1; stty raw -echo <&3; echo reads \"{word}\"; read line <&3; echo \"heard $line\"; echo \"answer to $line\" >&3";
        _ = Type(session, $"(setsid sh -c '{reader}' &)", $"^reads {word}$");
        _ = socket.Send(Encoding.ASCII.GetBytes($"{word}\n"));
        _ = Do(session, $"Wait-VMConsoleText Guest -Pattern '^heard {word}$' -Timeout 120");

        string answer = "";
        byte[] buffer = new byte[100];
        while (!answer.Contains($"answer to {word}", StringComparison.Ordinal))
        {
            answer += Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
    }

    private static string Type(LabSession session, string line, string answer) => Do(session, $"""
        Send-VMConsoleText Guest '{line.Replace("'", "''", StringComparison.Ordinal)}'
        Wait-VMConsoleText Guest -Pattern '{answer}' -Timeout 120
        """);

    private static string Do(LabSession session, string commands)
    {
        (int code, string output, string error) = session.Command("$ErrorActionPreference = 'Stop'\n" + commands);
        Assert.True(code == 0, output + error);
        return output;
    }
}
