using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Networks;

/// <summary>What a worker is started with for its machine's network adapters.</summary>
/// <param name="Adapters">The adapters.</param>
/// <param name="Prefix">Program and arguments that start the worker where the interfaces are; empty if it is there anyway.</param>
internal sealed record PreparedPorts(IReadOnlyList<WorkerNetworkAdapter> Adapters, IReadOnlyList<string> Prefix);
