using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nestvisor.Api;
using Nestvisor.Api.Errors;

namespace Nestvisor.Management.Hosting;

/// <summary>Turns what goes wrong in a request into an answer with an <see cref="ApiError"/>.</summary>
internal static class ErrorResponses
{
    /// <summary>Runs the rest of the pipeline.</summary>
    public static async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            if (context.Response is { HasStarted: false, StatusCode: >= 400 })
            {
                await AnswerAsync(context, ApiException.NotFound($"The service has no '{context.Request.Method} {context.Request.Path}'.").Error).ConfigureAwait(false);
            }
        }
        catch (ApiException error)
        {
            await AnswerAsync(context, error.Error).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone away.
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            await AnswerAsync(context, ApiException.Failed(error.Message).Error).ConfigureAwait(false);
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            // A fault of the service's own: the caller is told, the log says where.
            await Console.Error.WriteLineAsync($"nestvisor-service: {error}").ConfigureAwait(false);
            await AnswerAsync(
                context,
                new ApiError
                {
                    Code = ApiErrorCode.Unspecified,
                    Category = ApiErrorCategory.NotSpecified,
                    Message = $"The service met an error of its own: {error.Message} See service.log in its state folder.",
                }).ConfigureAwait(false);
        }
    }

    private static Task AnswerAsync(HttpContext context, ApiError error)
    {
        context.Response.StatusCode = error.Category switch
        {
            ApiErrorCategory.ObjectNotFound => StatusCodes.Status404NotFound,
            ApiErrorCategory.InvalidArgument => StatusCodes.Status400BadRequest,
            ApiErrorCategory.InvalidOperation or ApiErrorCategory.ResourceBusy => StatusCodes.Status409Conflict,
            ApiErrorCategory.PermissionDenied => StatusCodes.Status403Forbidden,
            ApiErrorCategory.NotImplemented => StatusCodes.Status501NotImplemented,
            ApiErrorCategory.OperationTimeout => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status500InternalServerError,
        };
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(error, ApiJsonContext.Default.ApiError)).AsTask();
    }
}
