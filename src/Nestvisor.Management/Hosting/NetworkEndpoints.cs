using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Nestvisor.Api;
using Nestvisor.Management.Machines;
using Nestvisor.Management.Networks;

namespace Nestvisor.Management.Hosting;

/// <summary>The HTTP interface of switches, NATs and interfaces. A caller that goes away does not stop a change half-way.</summary>
internal sealed class NetworkEndpoints(ManagedNetwork network, MachineRegistry machines)
{
    private const string HostPort = "/v1/switches/{id:guid}/host-ports/{port:guid}";

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        MapSwitches(routes);
        MapNats(routes);
        MapInterfaces(routes);
    }

    private void MapSwitches(IEndpointRouteBuilder routes)
    {
        _ = routes.MapGet("/v1/switches", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await network.DescribeSwitchesAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListSwitchInfo).ConfigureAwait(false)));
        Map(routes.MapPost, "/v1/switches", ApiJsonContext.Default.CreateSwitchRequest, ApiJsonContext.Default.SwitchInfo, (_, request) =>
            network.CreateSwitchAsync(request, CancellationToken.None));
        Map(routes.MapPatch, "/v1/switches/{id:guid}", ApiJsonContext.Default.ChangeSwitchRequest, ApiJsonContext.Default.SwitchInfo, (context, request) =>
            network.ChangeSwitchAsync(Id(context), request, CancellationToken.None));
        Map(routes.MapDelete, "/v1/switches/{id:guid}", async context =>
        {
            await network.RemoveSwitchAsync(Id(context), CancellationToken.None).ConfigureAwait(false);
            await machines.DisconnectAsync(Id(context)).ConfigureAwait(false);
        });
        Map(routes.MapPost, "/v1/switches/{id:guid}/host-ports", ApiJsonContext.Default.AddHostPortRequest, ApiJsonContext.Default.SwitchInfo, (context, request) =>
            network.AddHostPortAsync(Id(context), request, CancellationToken.None));
        Map(routes.MapPatch, HostPort, ApiJsonContext.Default.ChangeHostPortRequest, ApiJsonContext.Default.SwitchInfo, (context, request) =>
            network.ChangeHostPortAsync(Id(context), Guid.Parse(Value(context, "port")), request, CancellationToken.None));
        _ = routes.MapDelete(HostPort, (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(
                context,
                await network.RemoveHostPortAsync(Id(context), Guid.Parse(Value(context, "port")), CancellationToken.None).ConfigureAwait(false),
                ApiJsonContext.Default.SwitchInfo).ConfigureAwait(false)));
    }

    private void MapNats(IEndpointRouteBuilder routes)
    {
        _ = routes.MapGet("/v1/nats", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await network.DescribeNatsAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListNatInfo).ConfigureAwait(false)));
        Map(routes.MapPost, "/v1/nats", ApiJsonContext.Default.CreateNatRequest, ApiJsonContext.Default.NatInfo, (_, request) =>
            network.CreateNatAsync(request, CancellationToken.None));
        Map(routes.MapPatch, "/v1/nats/{id:guid}", ApiJsonContext.Default.ChangeNatRequest, ApiJsonContext.Default.NatInfo, (context, request) =>
            network.ChangeNatAsync(Id(context), request, CancellationToken.None));
        Map(routes.MapDelete, "/v1/nats/{id:guid}", context => network.RemoveNatAsync(Id(context), CancellationToken.None));
        Map(routes.MapPost, "/v1/nats/{id:guid}/mappings", ApiJsonContext.Default.NatStaticMapping, ApiJsonContext.Default.NatStaticMapping, (context, request) =>
            network.AddMappingAsync(Id(context), request, CancellationToken.None));
        Map(routes.MapDelete, "/v1/nats/{id:guid}/mappings/{mapping:long:range(0,4294967295)}", context =>
            network.RemoveMappingAsync(Id(context), uint.Parse(Value(context, "mapping"), CultureInfo.InvariantCulture), CancellationToken.None));
    }

    private void MapInterfaces(IEndpointRouteBuilder routes)
    {
        _ = routes.MapGet("/v1/interfaces", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await network.DescribeInterfacesAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListInterfaceInfo).ConfigureAwait(false)));
        _ = routes.MapGet("/v1/addresses", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await network.DescribeAddressesAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListInterfaceAddress).ConfigureAwait(false)));
        _ = routes.MapGet("/v1/routes", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await network.DescribeRoutesAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListRouteInfo).ConfigureAwait(false)));
        Map(routes.MapPatch, "/v1/interfaces/{index:int}", ApiJsonContext.Default.ChangeInterfaceRequest, ApiJsonContext.Default.IReadOnlyListInterfaceInfo, (context, request) =>
            network.ChangeInterfaceAsync(Index(context), request, CancellationToken.None));
        Map(routes.MapPost, "/v1/interfaces/{index:int}/addresses", ApiJsonContext.Default.AddAddressRequest, ApiJsonContext.Default.IReadOnlyListInterfaceAddress, (context, request) =>
            network.AddAddressAsync(Index(context), request, CancellationToken.None));
        Map(routes.MapDelete, "/v1/interfaces/{index:int}/addresses/{address}", context =>
            network.RemoveAddressAsync(Index(context), Value(context, "address"), CancellationToken.None));
        Map(routes.MapPost, "/v1/routes", ApiJsonContext.Default.RouteInfo, ApiJsonContext.Default.IReadOnlyListRouteInfo, (_, request) =>
            network.AddRouteAsync(request, CancellationToken.None));
        _ = routes.MapPost("/v1/routes/remove", (RequestDelegate)(async context =>
        {
            await network.RemoveRouteAsync(await Bodies.ReadAsync(context, ApiJsonContext.Default.RouteInfo).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }));
    }

    private static void Map<TRequest, TAnswer>(
        Func<string, RequestDelegate, IEndpointConventionBuilder> map,
        string route,
        JsonTypeInfo<TRequest> requestType,
        JsonTypeInfo<TAnswer> answerType,
        Func<HttpContext, TRequest, Task<TAnswer>> action) => _ = map(route, async context =>
        {
            TRequest request = await Bodies.ReadAsync(context, requestType).ConfigureAwait(false);
            await Bodies.AnswerAsync(context, await action(context, request).ConfigureAwait(false), answerType).ConfigureAwait(false);
        });

    private static void Map(Func<string, RequestDelegate, IEndpointConventionBuilder> map, string route, Func<HttpContext, Task> action) => _ = map(route, async context =>
    {
        await action(context).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    });

    private static Guid Id(HttpContext context) => Guid.Parse(Value(context, "id"));

    private static int Index(HttpContext context) => int.Parse(Value(context, "index"), CultureInfo.InvariantCulture);

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;
}
