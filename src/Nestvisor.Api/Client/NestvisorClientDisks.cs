using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;

namespace Nestvisor.Api.Client;

/// <content>Disk files. What takes its time reports percents, and if it is cancelled it ends only when nothing half done is left.</content>
public sealed partial class NestvisorClient
{
    private static readonly TimeSpan CancellationLimit = TimeSpan.FromSeconds(30);

    /// <summary>Describes a disk file.</summary>
    public Task<DiskFileInfo> GetDiskFileAsync(string path, CancellationToken cancellation = default) => SendAsync(
        HttpMethod.Post,
        "v1/disks/inspect",
        Json(new DiskFileRequest { Path = path }, ApiJsonContext.Default.DiskFileRequest),
        ApiJsonContext.Default.DiskFileInfo,
        cancellation);

    /// <summary>Looks at all structures of a disk file; an error says what is wrong with it.</summary>
    public Task CheckDiskFileAsync(string path, CancellationToken cancellation = default) => SendAsync<object>(
        HttpMethod.Post, "v1/disks/check", Json(new DiskFileRequest { Path = path }, ApiJsonContext.Default.DiskFileRequest), null, cancellation);

    /// <summary>Changes what a disk file says of itself.</summary>
    public Task<DiskFileInfo> ChangeDiskFileAsync(ChangeDiskFileRequest request, CancellationToken cancellation = default) => SendAsync(
        HttpMethod.Post, "v1/disks/change", Json(request, ApiJsonContext.Default.ChangeDiskFileRequest), ApiJsonContext.Default.DiskFileInfo, cancellation);

    /// <summary>Makes a disk file.</summary>
    public Task<DiskFileInfo> CreateDiskFileAsync(CreateDiskFileRequest request, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        OperateAsync("create", request, ApiJsonContext.Default.CreateDiskFileRequest, progress, cancellation);

    /// <summary>Changes the size of a disk.</summary>
    public Task<DiskFileInfo> ResizeDiskFileAsync(ResizeDiskFileRequest request, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        OperateAsync("resize", request, ApiJsonContext.Default.ResizeDiskFileRequest, progress, cancellation);

    /// <summary>Copies a disk into a file of another format or type, and describes the copy.</summary>
    public Task<DiskFileInfo> ConvertDiskFileAsync(ConvertDiskFileRequest request, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        OperateAsync("convert", request, ApiJsonContext.Default.ConvertDiskFileRequest, progress, cancellation);

    /// <summary>Makes the file of a dynamic disk smaller.</summary>
    public Task<DiskFileInfo> OptimizeDiskFileAsync(OptimizeDiskFileRequest request, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        OperateAsync("optimize", request, ApiJsonContext.Default.OptimizeDiskFileRequest, progress, cancellation);

    private async Task<DiskFileInfo> OperateAsync<T>(
        string operation, T request, JsonTypeInfo<T> type, IProgress<int>? progress, CancellationToken cancellation)
    {
        Guid id = Guid.NewGuid();
        try
        {
            using HttpRequestMessage message = new(HttpMethod.Post, $"v1/disks/{operation}/{id:D}") { Content = Json(request, type) };
            using HttpResponseMessage response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw new ApiException(ReadError(response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false)));
            }

            return await ReadToEndAsync(response, progress, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await CancelAsync(id).ConfigureAwait(false);
            throw;
        }
        catch (HttpRequestException error) when (error.InnerException is ApiException inner)
        {
            throw new ApiException(inner.Error, error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new ApiException(
                ApiErrorCode.ServiceUnavailable,
                ApiErrorCategory.ResourceUnavailable,
                $"The connection to the service broke while it worked: {error.Message} Look at the disk with Get-VHD before you try again.",
                error);
        }
        catch (JsonException error)
        {
            throw Broken(error.Message);
        }
    }

    private static async Task<DiskFileInfo> ReadToEndAsync(HttpResponseMessage response, IProgress<int>? progress, CancellationToken cancellation)
    {
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            DiskOperationStatus status = JsonSerializer.Deserialize(line, ApiJsonContext.Default.DiskOperationStatus) ?? throw Broken("a line is null");
            if (status.Error is { } error)
            {
                throw new ApiException(error);
            }

            if (status.Result is { } result)
            {
                return result;
            }

            progress?.Report(status.Percent ?? 0);
        }

        throw new IOException("the answer ended early.");
    }

    private async Task CancelAsync(Guid id)
    {
        using CancellationTokenSource limit = new(CancellationLimit);
        try
        {
            _ = await SendAsync<object>(HttpMethod.Delete, $"v1/disk-operations/{id:D}", null, null, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ApiException or OperationCanceledException)
        {
            // The service also ends the operation because the connection has been closed.
        }
    }
}
