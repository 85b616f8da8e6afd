using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Nestvisor.Api.Client;

/// <summary>
/// The service's client. It starts the service when it is not there, unless it is told not to. Every method throws <see cref="ApiException"/> with the
/// service's error, or with <see cref="ApiErrorCode.ServiceUnavailable"/>.
/// </summary>
public sealed partial class NestvisorClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>A client of the service with the given folders.</summary>
    /// <param name="paths">The folders.</param>
    /// <param name="trustedUser">User, beside root and this one, whose service may be there; null for none.</param>
    /// <param name="startsService">Whether the service is started if it does not run; else there is no answer then, but an error.</param>
    public NestvisorClient(NestvisorPaths paths, uint? trustedUser = null, bool startsService = true)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellation) =>
                new NetworkStream(await ServiceStarter.ConnectAsync(paths, trustedUser, startsService, cancellation).ConfigureAwait(false), ownsSocket: true),
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://nestvisor/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>What the service says about itself and its host.</summary>
    public Task<HostInfo> GetHostAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/host", null, ApiJsonContext.Default.HostInfo, cancellation);

    /// <summary>Changes the host's settings.</summary>
    public Task<HostInfo> ChangeHostAsync(ChangeHostRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Patch, "v1/host", Json(request, ApiJsonContext.Default.ChangeHostRequest), ApiJsonContext.Default.HostInfo, cancellation);

    /// <summary>All virtual machines, sorted by name.</summary>
    public Task<IReadOnlyList<MachineInfo>> GetMachinesAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/machines", null, ApiJsonContext.Default.IReadOnlyListMachineInfo, cancellation);

    /// <summary>One virtual machine.</summary>
    public Task<MachineInfo> GetMachineAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, Url(id), null, ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Creates a virtual machine.</summary>
    public Task<MachineInfo> CreateMachineAsync(CreateMachineRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, "v1/machines", Json(request, ApiJsonContext.Default.CreateMachineRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Changes a virtual machine's configuration.</summary>
    public Task<MachineInfo> ChangeMachineAsync(Guid id, ChangeMachineRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Patch, Url(id), Json(request, ApiJsonContext.Default.ChangeMachineRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Removes a virtual machine that is off; its disks stay.</summary>
    public Task RemoveMachineAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync<object>(HttpMethod.Delete, Url(id), null, null, cancellation);

    /// <summary>Copies a machine with its disks into a folder.</summary>
    public Task<MachineInfo> ExportMachineAsync(Guid id, ExportMachineRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, Url(id, "export"), Json(request, ApiJsonContext.Default.ExportMachineRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Takes in an exported machine; an error if anything keeps it from that.</summary>
    public Task<MachineInfo> ImportMachineAsync(ImportMachineRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, "v1/imports", Json(request, ApiJsonContext.Default.ImportMachineRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Plans to take in an exported machine, and tells what keeps it from that.</summary>
    public Task<ImportReport> PlanImportAsync(ImportMachineRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, "v1/plans", Json(request, ApiJsonContext.Default.ImportMachineRequest), ApiJsonContext.Default.ImportReport, cancellation);

    /// <summary>Tells anew what keeps a planned machine from being imported.</summary>
    public Task<ImportReport> GetPlanAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, $"v1/plans/{id:D}", null, ApiJsonContext.Default.ImportReport, cancellation);

    /// <summary>Takes in a planned machine; an error if anything keeps it from that.</summary>
    /// <param name="id">The planned machine.</param>
    /// <param name="transfer">Under which identifier to ask for the progress.</param>
    /// <param name="cancellation">Ends the import; nothing stays of it.</param>
    public Task<MachineInfo> ImportPlanAsync(Guid id, Guid transfer, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, $"v1/plans/{id:D}/import/{transfer:D}", null, ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>How far an export or import is.</summary>
    /// <exception cref="ApiException">It has not begun, or is over.</exception>
    public Task<TransferInfo> GetTransferAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, $"v1/transfers/{id:D}", null, ApiJsonContext.Default.TransferInfo, cancellation);

    /// <summary>Attaches a virtual hard disk.</summary>
    public Task<MachineInfo> AddDiskAsync(Guid id, AddDiskRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, Url(id, "disks"), Json(request, ApiJsonContext.Default.AddDiskRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Moves an attached virtual hard disk or gives it another file.</summary>
    /// <param name="id">The machine.</param>
    /// <param name="type">Kind of the controller that the disk is at.</param>
    /// <param name="number">Number of the controller.</param>
    /// <param name="location">Place on the controller.</param>
    /// <param name="request">The change.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<MachineInfo> ChangeDiskAsync(
        Guid id, DiskControllerType type, int number, int location, ChangeDiskRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Patch, DiskUrl(id, type, number, location), Json(request, ApiJsonContext.Default.ChangeDiskRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Detaches a virtual hard disk; its file stays.</summary>
    /// <param name="id">The machine.</param>
    /// <param name="type">Kind of the controller that the disk is at.</param>
    /// <param name="number">Number of the controller.</param>
    /// <param name="location">Place on the controller.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<MachineInfo> RemoveDiskAsync(Guid id, DiskControllerType type, int number, int location, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, DiskUrl(id, type, number, location), null, ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Adds a SCSI controller, which gets the next number.</summary>
    public Task<MachineInfo> AddScsiControllerAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, Url(id, "scsi-controllers"), null, ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Removes a SCSI controller with its drives, whose files stay. Those with higher numbers move down by one.</summary>
    public Task<MachineInfo> RemoveScsiControllerAsync(Guid id, int number, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Delete,
            Url(id, string.Create(CultureInfo.InvariantCulture, $"scsi-controllers/{number}")),
            null,
            ApiJsonContext.Default.MachineInfo,
            cancellation);

    /// <summary>Does one of the operations of <see cref="MachineOperation"/> and answers the machine as it is then.</summary>
    public Task<MachineInfo> OperateAsync(Guid id, MachineOperation operation, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, Url(id, operation.ToString().ToLowerInvariant()), null, ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Answers when the machine is in the given state, or the time is over; the answer tells which.</summary>
    /// <param name="id">The machine.</param>
    /// <param name="state">The state to wait for.</param>
    /// <param name="limit">The longest wait; the service waits at most a minute for one question.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<MachineInfo> WaitForStateAsync(Guid id, MachineState state, TimeSpan limit, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Get,
            Url(id, string.Create(CultureInfo.InvariantCulture, $"wait?state={state}&milliseconds={(long)Math.Min(limit.TotalMilliseconds, 60_000)}")),
            null,
            ApiJsonContext.Default.MachineInfo,
            cancellation);

    /// <summary>The counters of the engine and the devices of a machine, of its current run or, if it is off, at the end of its last.</summary>
    public Task<IReadOnlyDictionary<string, long>> GetStatisticsAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, Url(id, "statistics"), null, ApiJsonContext.Default.IReadOnlyDictionaryStringInt64, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Url(Guid id, string? rest = null) => rest is null ? $"v1/machines/{id:D}" : $"v1/machines/{id:D}/{rest}";

    private static string DiskUrl(Guid id, DiskControllerType type, int number, int location) =>
        Url(id, string.Create(CultureInfo.InvariantCulture, $"disks/{type}/{number}/{location}"));

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type)
    {
        ByteArrayContent content = new(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string url, HttpContent? content, JsonTypeInfo<T>? type, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage response = await SendAsync(method, url, content, cancellation).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw new ApiException(ReadError(response.StatusCode, body));
            }

            return type is null ? default! : JsonSerializer.Deserialize(body, type) ?? throw Broken("it is null");
        }
        catch (HttpRequestException error) when (error.InnerException is ApiException inner)
        {
            throw new ApiException(inner.Error, error);
        }
        catch (HttpRequestException error)
        {
            throw new ApiException(
                ApiErrorCode.ServiceUnavailable,
                ApiErrorCategory.ResourceUnavailable,
                $"The connection to the service broke: {error.Message} Try again.",
                error);
        }
        catch (JsonException error)
        {
            throw Broken(error.Message);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, HttpContent? content, CancellationToken cancellation)
    {
        try
        {
            using HttpRequestMessage request = new(method, url) { Content = content };
            return await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException error) when (method == HttpMethod.Get && error.InnerException is not ApiException)
        {
            // The service may have ended or been killed under a kept connection; a question can be asked again.
            using HttpRequestMessage request = new(method, url);
            return await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        }
    }

    private static ApiError ReadError(HttpStatusCode status, byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJsonContext.Default.ApiError) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            return Broken(string.Create(CultureInfo.InvariantCulture, $"status {(int)status} without an error")).Error;
        }
    }

    private static ApiException Broken(string reason) =>
        new(ApiErrorCode.Unspecified, ApiErrorCategory.NotSpecified, $"The service's answer cannot be read: {reason}. Do client and service have the same version?");
}
