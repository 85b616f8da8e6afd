using System.Net.Sockets;
using Nestvisor.Api;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.SerialConsole;

/// <summary>Connects to a machine's serial console.</summary>
internal static class ConsoleConnection
{
    /// <summary>A connection to the console of a machine that runs.</summary>
    /// <exception cref="ApiException">The machine is off, or its console cannot be reached.</exception>
    public static Socket Open(VirtualMachine machine)
    {
        if (machine.Info.ConsoleSocket is not { } path)
        {
            throw ApiException.InvalidState($"'{machine.Name}' has no console in its current state ({machine.State}). Start it with Start-VM.");
        }

        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return UserIdentity.IsTrustedPeer(socket)
                ? socket
                : throw new ApiException(ApiErrorCode.AccessDenied, ApiErrorCategory.PermissionDenied, $"'{path}' belongs to another user's process.");
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw ApiException.Failed($"The console of '{machine.Name}' cannot be reached: {error.Message}", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
