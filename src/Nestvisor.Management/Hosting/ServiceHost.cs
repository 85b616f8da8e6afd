using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nestvisor.Api;
using Nestvisor.Management.Configuration;
using Nestvisor.Management.HostAdapters;
using Nestvisor.Management.HostAdapters.Dns;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Networks;
using Nestvisor.Management.Transfers;
using Nestvisor.Management.Workers;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Hosting;

/// <summary>The service: an HTTP server on a Unix socket that only the same user and root can use.</summary>
internal static class ServiceHost
{
    private const long LargestBody = 1 << 20;

    /// <summary>Serves until a signal or until idle. Virtual machines go on running.</summary>
    public static async Task<int> RunAsync(ServiceOptions options)
    {
        using RuntimeFolder? folder = RuntimeFolder.TryLock(options.Paths);
        if (folder is null)
        {
            await Console.Error.WriteLineAsync($"nestvisor-service: another service already works in '{options.Paths.Runtime}'.").ConfigureAwait(false);
            return ExitCode.AlreadyRunning;
        }

        static void Complain(string message) => Console.Error.WriteLine($"nestvisor-service: {message}");
        DnsServers dns = DnsServers.Create("/", options.Paths.State, new CommandRunner([]));
        ManagedNetwork network = new(new NetworkStore(options.Paths.State), new NetworkPlace(options.Paths), Complain) { NameServers = dns };
        await network.LoadAsync(CancellationToken.None).ConfigureAwait(false);
        HostAdapterManager adapters = HostAdapterManager.Create(network, dns, options.Paths.State);
        await adapters.RestoreNamesAsync(Complain, CancellationToken.None).ConfigureAwait(false);
        ManagedHost host = new(new HostConfigurationStore(options.Paths.State), options.Paths, Complain);
        MachineRegistry registry = new(new ConfigurationStore(options.Paths.State), options.Paths, host, network, TimeProvider.System);
        await registry.LoadAsync(Complain, CancellationToken.None).ConfigureAwait(false);
        MachineImports imports = new(registry, host, new WorkerJudge(options.Paths), TimeProvider.System);
        IdleMonitor idle = new(TimeProvider.System, options.IdleTimeout, () => registry.AnyActive || imports.AnyPlan);

        WebApplication application = Build(
            options.Paths,
            [
                new MachineEndpoints(registry, imports, host).Map,
                new DiskEndpoints(registry.Disks).Map,
                new TransferEndpoints(imports, new TransferList()).Map,
                new NetworkEndpoints(network, registry).Map,
                new HostAdapterEndpoints(adapters).Map,
            ],
            idle);
        await using (application.ConfigureAwait(false))
        {
            await application.StartAsync().ConfigureAwait(false);
            CancellationToken stopping = application.Lifetime.ApplicationStopping;
            try
            {
                await idle.WaitUntilIdleAsync(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // A signal ends the service.
            }

            await application.StopAsync().ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    private static WebApplication Build(NestvisorPaths paths, IEnumerable<Action<IEndpointRouteBuilder>> endpoints, IdleMonitor idle)
    {
        // The empty builder reads no settings file and no ASPNETCORE_ variable: nothing but the command line decides where the service listens.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = paths.State });
        _ = builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        _ = builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        _ = builder.Services.AddRoutingCore();
        _ = builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.ListenUnixSocket(paths.ServiceSocket, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                _ = listen.Use(RequireTrustedPeer);
            });
        });

        WebApplication application = builder.Build();
        _ = application.Use(async (HttpContext context, RequestDelegate next) =>
        {
            idle.Enter();
            try
            {
                await ErrorResponses.HandleAsync(context, next).ConfigureAwait(false);
            }
            finally
            {
                idle.Leave();
            }
        });
        _ = application.UseRouting();
        foreach (Action<IEndpointRouteBuilder> map in endpoints)
        {
            map(application);
        }

        return application;
    }

    private static ConnectionDelegate RequireTrustedPeer(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket && UserIdentity.IsTrustedPeer(socket))
        {
            await next(connection).ConfigureAwait(false);
        }
        else
        {
            connection.Abort();
        }
    };
}
