using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Nestvisor.Api;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;
using Nestvisor.Management.Disks;

namespace Nestvisor.Management.Hosting;

/// <summary>
/// The part of the HTTP interface that is about disk files. What takes its time answers lines of <see cref="DiskOperationStatus"/>; it ends when its
/// connection does, or when it is cancelled by the identifier that the caller gave it.
/// </summary>
internal sealed class DiskEndpoints(DiskFileManager disks)
{
    private readonly DiskOperations _operations = new();

    private delegate DiskFileInfo Operation<in T>(T request, IProgress<int> progress, CancellationToken cancellation);

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        _ = routes.MapPost("/v1/disks/inspect", InspectAsync);
        _ = routes.MapPost("/v1/disks/check", CheckAsync);
        _ = routes.MapPost("/v1/disks/change", ChangeAsync);
        MapOperation(routes, "create", ApiJsonContext.Default.CreateDiskFileRequest, disks.Create);
        MapOperation(routes, "resize", ApiJsonContext.Default.ResizeDiskFileRequest, disks.Resize);
        MapOperation(routes, "convert", ApiJsonContext.Default.ConvertDiskFileRequest, disks.Convert);
        MapOperation(routes, "optimize", ApiJsonContext.Default.OptimizeDiskFileRequest, disks.Optimize);
        _ = routes.MapDelete("/v1/disk-operations/{id:guid}", CancelAsync);
    }

    private async Task InspectAsync(HttpContext context)
    {
        DiskFileRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.DiskFileRequest).ConfigureAwait(false);
        await Bodies.AnswerAsync(context, disks.Inspect(request.Path), ApiJsonContext.Default.DiskFileInfo).ConfigureAwait(false);
    }

    private async Task CheckAsync(HttpContext context)
    {
        DiskFileRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.DiskFileRequest).ConfigureAwait(false);
        disks.Check(request.Path);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task ChangeAsync(HttpContext context)
    {
        ChangeDiskFileRequest request = await Bodies.ReadAsync(context, ApiJsonContext.Default.ChangeDiskFileRequest).ConfigureAwait(false);
        await Bodies.AnswerAsync(context, disks.Change(request), ApiJsonContext.Default.DiskFileInfo).ConfigureAwait(false);
    }

    private async Task CancelAsync(HttpContext context)
    {
        await _operations.CancelAsync(Guid.Parse((string)context.Request.RouteValues["id"]!), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private void MapOperation<T>(IEndpointRouteBuilder routes, string name, JsonTypeInfo<T> type, Operation<T> operation) =>
        routes.MapPost($"/v1/disks/{name}/{{id:guid}}", (RequestDelegate)(async context =>
        {
            T request = await Bodies.ReadAsync(context, type).ConfigureAwait(false);
            await AnswerProgressAsync(context, (progress, cancellation) => operation(request, progress, cancellation)).ConfigureAwait(false);
        }));

    private async Task AnswerProgressAsync(HttpContext context, Func<IProgress<int>, CancellationToken, DiskFileInfo> operation)
    {
        // Who reads slowly misses steps and does not slow the work down.
        Channel<int> percents = Channel.CreateBounded<int>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        Task<DiskFileInfo> work = _operations.RunAsync(
            Guid.Parse((string)context.Request.RouteValues["id"]!),
            cancellation => operation(new Reporter(percents.Writer), cancellation),
            context.RequestAborted);
        _ = work.ContinueWith(_ => percents.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        context.Response.ContentType = "application/x-ndjson";
        await foreach (int percent in percents.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await WriteLineAsync(context, new DiskOperationStatus { Percent = percent }).ConfigureAwait(false);
        }

        DiskOperationStatus end;
        try
        {
            end = new DiskOperationStatus { Result = await work.ConfigureAwait(false) };
        }
        catch (ApiException error)
        {
            end = new DiskOperationStatus { Error = error.Error };
        }
        catch (OperationCanceledException)
        {
            end = new DiskOperationStatus { Error = DiskErrors.Failed("The operation was cancelled.").Error };
        }

        await WriteLineAsync(context, end).ConfigureAwait(false);
    }

    private static async Task WriteLineAsync(HttpContext context, DiskOperationStatus status)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more; what remains is to wait for the work's end.
            return;
        }

        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter writer = new(line))
        {
            JsonSerializer.Serialize(writer, status, ApiJsonContext.Default.DiskOperationStatus);
        }

        line.Write("\n"u8);
        await context.Response.Body.WriteAsync(line.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private sealed class Reporter(ChannelWriter<int> percents) : IProgress<int>
    {
        private int _last = -1;

        public void Report(int value)
        {
            if (Interlocked.Exchange(ref _last, value) != value)
            {
                _ = percents.TryWrite(value);
            }
        }
    }
}
