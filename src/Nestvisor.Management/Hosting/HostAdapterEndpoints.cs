using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Nestvisor.Api;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Management.HostAdapters;

namespace Nestvisor.Management.Hosting;

/// <summary>The HTTP interface of the adapters that are not Nestvisor's, and of DNS servers. A caller that goes away does not stop a change half-way.</summary>
internal sealed class HostAdapterEndpoints(HostAdapterManager adapters)
{
    private const string Adapter = "/v1/host-adapters/{index:int}";

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        _ = routes.MapGet("/v1/host-adapters", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await adapters.DescribeAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListHostAdapterInfo).ConfigureAwait(false)));
        _ = routes.MapGet("/v1/dns-servers", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(context, await adapters.DescribeDnsAsync(context.RequestAborted).ConfigureAwait(false), ApiJsonContext.Default.IReadOnlyListDnsServersInfo).ConfigureAwait(false)));
        Map(routes.MapPatch, Adapter, ApiJsonContext.Default.ChangeHostAdapterRequest, (context, request) =>
            adapters.ChangeAsync(Index(context), request, CancellationToken.None));
        Map(routes.MapPost, Adapter + "/addresses", ApiJsonContext.Default.AddHostAddressRequest, (context, request) =>
            adapters.AddAddressAsync(Index(context), request, CancellationToken.None));
        Map(routes.MapPatch, Adapter + "/addresses", ApiJsonContext.Default.ChangeHostAddressRequest, (context, request) =>
            adapters.ChangeAddressAsync(Index(context), request, CancellationToken.None));
        _ = routes.MapDelete(Adapter + "/addresses/{address}", (RequestDelegate)(async context =>
            await Bodies.AnswerAsync(
                context,
                await adapters.RemoveAddressAsync(Index(context), (string)context.Request.RouteValues["address"]!, CancellationToken.None).ConfigureAwait(false),
                ApiJsonContext.Default.HostChange).ConfigureAwait(false)));
        Map(routes.MapPost, "/v1/host-routes", ApiJsonContext.Default.HostRouteRequest, (_, request) => adapters.AddRouteAsync(request, CancellationToken.None));
        Map(routes.MapPost, "/v1/host-routes/remove", ApiJsonContext.Default.HostRouteRequest, (_, request) => adapters.RemoveRouteAsync(request, CancellationToken.None));
        Map(routes.MapPut, "/v1/dns-servers/{index:int}", ApiJsonContext.Default.SetDnsServersRequest, (context, request) =>
            adapters.SetDnsAsync(Index(context), request, CancellationToken.None));
    }

    private static void Map<TRequest>(
        Func<string, RequestDelegate, IEndpointConventionBuilder> map, string route, JsonTypeInfo<TRequest> type, Func<HttpContext, TRequest, Task<HostChange>> action) =>
        _ = map(route, async context =>
        {
            TRequest request = await Bodies.ReadAsync(context, type).ConfigureAwait(false);
            await Bodies.AnswerAsync(context, await action(context, request).ConfigureAwait(false), ApiJsonContext.Default.HostChange).ConfigureAwait(false);
        });

    private static int Index(HttpContext context) => int.Parse((string)context.Request.RouteValues["index"]!, CultureInfo.InvariantCulture);
}
