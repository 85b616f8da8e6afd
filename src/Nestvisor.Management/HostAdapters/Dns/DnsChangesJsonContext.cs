using System.Text.Json.Serialization;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>How the changes look in JSON.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, DnsChange>))]
internal sealed partial class DnsChangesJsonContext : JsonSerializerContext;
