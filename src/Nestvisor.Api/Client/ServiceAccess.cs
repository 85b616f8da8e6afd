using System.Net.Sockets;

namespace Nestvisor.Api.Client;

/// <summary>Whether this process may manage virtual machines: whether a service would answer it.</summary>
public static class ServiceAccess
{
    /// <summary>
    /// Whether this user is root, or the owner of the service at the paths; if none runs, whether one that this user starts can have its
    /// socket there. Starts nothing.
    /// </summary>
    public static bool IsGranted(NestvisorPaths paths)
    {
        if (UserIdentity.Current == 0)
        {
            return true;
        }

        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(paths.ServiceSocket));
            return UserIdentity.OfPeer(socket).UserId == UserIdentity.Current;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused)
        {
            // No service: ENOENT is AddressNotAvailable in .NET's numbering. The folder, or the nearest one above that is there, decides.
            return IsWritable(paths.Runtime);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsWritable(string folder)
    {
        string? existing = folder;
        while (existing is not null && !Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing);
        }

        try
        {
            // The kernel's own answer, which knows of groups and access lists: a file without a name, gone when it is closed.
            using FileStream probe = new(
                Path.Combine(existing ?? "/", Path.GetRandomFileName()),
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
            return true;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }
}
