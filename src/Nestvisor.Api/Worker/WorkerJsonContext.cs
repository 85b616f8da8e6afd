using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nestvisor.Api.Worker;

/// <summary>How the worker's types look in JSON: camel case, enumerations by name, unknown and duplicate fields refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(WorkerConfiguration))]
[JsonSerializable(typeof(WorkerRequest))]
[JsonSerializable(typeof(WorkerResponse))]
[JsonSerializable(typeof(WorkerStatus))]
[JsonSerializable(typeof(WorkerExit))]
[JsonSerializable(typeof(WorkerHostCheck))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, long>))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class WorkerJsonContext : JsonSerializerContext;
