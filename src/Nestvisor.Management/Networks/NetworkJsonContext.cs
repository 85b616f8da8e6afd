using System.Text.Json.Serialization;

namespace Nestvisor.Management.Networks;

/// <summary>How networks.json is written: as the interface's JSON is.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    WriteIndented = true)]
[JsonSerializable(typeof(NetworkConfiguration))]
internal sealed partial class NetworkJsonContext : JsonSerializerContext;
