using System.Diagnostics;
using System.Net.Sockets;
using Nestvisor.Api.Errors;

namespace Nestvisor.Api.Client;

/// <summary>Connects to the service and starts it if it does not run.</summary>
internal static class ServiceStarter
{
    private const int Attempts = 5;

    /// <summary>A connection to the service, which is started if it does not run and may be started.</summary>
    /// <exception cref="ApiException">The service cannot be started or may not be, or another user's is in its place.</exception>
    public static async Task<Socket> ConnectAsync(NestvisorPaths paths, uint? trustedUser, bool mayStart, CancellationToken cancellation)
    {
        // Between the start and the connection the service may end, being idle; so there is more than one attempt.
        for (int attempt = 1; ; attempt++)
        {
            Socket? socket = await TryConnectAsync(paths.ServiceSocket, trustedUser, cancellation).ConfigureAwait(false);
            if (socket is not null)
            {
                return socket;
            }

            if (!mayStart)
            {
                throw Unavailable($"The service does not run: nobody listens at '{paths.ServiceSocket}'.");
            }

            if (attempt == Attempts)
            {
                throw Unavailable($"The service was started, but its socket '{paths.ServiceSocket}' takes no connection.");
            }

            await StartAsync(paths, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<Socket?> TryConnectAsync(string path, uint? trustedUser, CancellationToken cancellation)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            if (!UserIdentity.IsTrustedPeer(socket) && UserIdentity.OfPeer(socket).UserId != trustedUser)
            {
                throw new ApiException(
                    ApiErrorCode.AccessDenied,
                    ApiErrorCategory.PermissionDenied,
                    $"'{path}' belongs to another user's process. Remove its folder or set NESTVISOR_RUNTIME to a folder of your own.");
            }

            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            // ENOENT is AddressNotAvailable in .NET's numbering.
            return error.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused
                ? null
                : throw Unavailable($"The service's socket '{path}' cannot be used: {error.Message}", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task StartAsync(NestvisorPaths paths, CancellationToken cancellation)
    {
        string program = ProgramLocator.Find(ProgramLocator.Service);
        ProcessStartInfo start = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (string argument in (ReadOnlySpan<string>)["start", "--state", paths.State, "--runtime", paths.Runtime])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw Unavailable($"'{program}' could not be started.");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        string errors = await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false);
        _ = await output.ConfigureAwait(false);
        await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw Unavailable($"The service '{program}' did not start (exit code {process.ExitCode}). {errors.Trim()}");
        }
    }

    private static ApiException Unavailable(string message, Exception? inner = null) =>
        new(ApiErrorCode.ServiceUnavailable, ApiErrorCategory.ResourceUnavailable, message, inner);
}
