using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>The answers of ip(8). Fields that are not used are skipped: its versions have different ones.</summary>
[JsonSerializable(typeof(List<KernelLink>))]
[JsonSerializable(typeof(List<KernelAddresses>))]
[JsonSerializable(typeof(List<KernelRoute>))]
internal sealed partial class KernelJsonContext : JsonSerializerContext;
