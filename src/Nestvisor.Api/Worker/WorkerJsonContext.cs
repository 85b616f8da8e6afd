using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nestvisor.Api.Worker;

/// <summary>How the worker's types look in JSON: camel case, enumerations by name, unknown fields refused.</summary>
/// <remarks>
/// AllowDuplicateProperties stays as it is: checked in a <see cref="JsonElement"/>, it makes the serializer load OpenSSL for random
/// numbers, which a locked-down worker cannot do and a small system does not have.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(WorkerConfiguration))]
[JsonSerializable(typeof(WorkerRequest))]
[JsonSerializable(typeof(WorkerResponse))]
[JsonSerializable(typeof(WorkerStatus))]
[JsonSerializable(typeof(WorkerExit))]
[JsonSerializable(typeof(WorkerHostCheck))]
[JsonSerializable(typeof(WorkerNestingCheck))]
[JsonSerializable(typeof(IReadOnlyList<WorkerNestingCheck>))]
[JsonSerializable(typeof(IReadOnlyList<WorkerObstacle>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, long>))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class WorkerJsonContext : JsonSerializerContext;
