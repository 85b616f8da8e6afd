using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Nestvisor.Api;
using Nestvisor.Api.Errors;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Hosting;

/// <summary>Reads requests and writes answers.</summary>
internal static class Bodies
{
    /// <summary>The identifier in the address.</summary>
    public static Guid Id(HttpContext context) => Guid.Parse((string)context.Request.RouteValues["id"]!);

    /// <summary>Reads a request's body.</summary>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted).ConfigureAwait(false)
                ?? throw ApiException.InvalidArgument("The request's body is null.");
        }
        catch (JsonException error)
        {
            throw ApiException.InvalidArgument($"The request's body cannot be read: {error.Message}");
        }
    }

    /// <summary>Answers a machine as it is now.</summary>
    public static async Task AnswerMachineAsync(HttpContext context, IChangeableMachine machine) => await AnswerAsync(
        context,
        await machine.DescribeAsync(context.RequestAborted).ConfigureAwait(false),
        ApiJsonContext.Default.MachineInfo).ConfigureAwait(false);

    /// <summary>Answers a value.</summary>
    public static Task AnswerAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}
