using System.Text.Json.Serialization;

namespace Nestvisor.Management.HostAdapters;

/// <summary>How the names look in JSON.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class AdapterNamesJsonContext : JsonSerializerContext;
