using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Nestvisor.Api.Errors;

namespace Nestvisor.Management.Hosting;

/// <summary>Bodies of requests and answers. They are read and written explicitly, so that no parameter binding is generated or reflected.</summary>
internal static class JsonBodies
{
    /// <summary>Reads a request's body.</summary>
    /// <exception cref="ApiException">It cannot be read.</exception>
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

    /// <summary>Writes the answer's body.</summary>
    public static Task AnswerAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}
