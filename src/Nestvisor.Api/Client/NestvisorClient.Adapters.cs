using Nestvisor.Api.Machines;

namespace Nestvisor.Api.Client;

/// <content>Network adapters of virtual machines.</content>
public sealed partial class NestvisorClient
{
    /// <summary>Adds a network adapter to a virtual machine that is off.</summary>
    public Task<MachineInfo> AddAdapterAsync(Guid id, AddAdapterRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, Url(id, "adapters"), Json(request, ApiJsonContext.Default.AddAdapterRequest), ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>Changes a network adapter; connection, name and what its port lets through while the machine runs too.</summary>
    public Task<MachineInfo> ChangeAdapterAsync(Guid id, Guid adapter, ChangeAdapterRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Patch,
            Url(id, $"adapters/{adapter:D}"),
            Json(request, ApiJsonContext.Default.ChangeAdapterRequest),
            ApiJsonContext.Default.MachineInfo,
            cancellation);

    /// <summary>Removes a network adapter from a virtual machine that is off.</summary>
    public Task<MachineInfo> RemoveAdapterAsync(Guid id, Guid adapter, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, Url(id, $"adapters/{adapter:D}"), null, ApiJsonContext.Default.MachineInfo, cancellation);

    /// <summary>
    /// What the port of an adapter has counted in the current run, by name: in the worker, and with names that begin with <c>Kernel.</c> in the
    /// kernel.
    /// </summary>
    public Task<IReadOnlyDictionary<string, long>> GetAdapterCountersAsync(Guid id, Guid adapter, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, Url(id, $"adapters/{adapter:D}/counters"), null, ApiJsonContext.Default.IReadOnlyDictionaryStringInt64, cancellation);
}
