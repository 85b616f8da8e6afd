using System.Text.Json.Serialization;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Nestvisor.Api;

/// <summary>How the service's types look in JSON: camel case, enumerations by name, unknown and duplicate fields refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    WriteIndented = true)]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(HostInfo))]
[JsonSerializable(typeof(HostConfiguration))]
[JsonSerializable(typeof(ChangeHostRequest))]
[JsonSerializable(typeof(MachineConfiguration))]
[JsonSerializable(typeof(MachineInfo))]
[JsonSerializable(typeof(IReadOnlyList<MachineInfo>))]
[JsonSerializable(typeof(CreateMachineRequest))]
[JsonSerializable(typeof(ChangeMachineRequest))]
[JsonSerializable(typeof(AddDiskRequest))]
[JsonSerializable(typeof(AddAdapterRequest))]
[JsonSerializable(typeof(ChangeAdapterRequest))]
[JsonSerializable(typeof(ExportMachineRequest))]
[JsonSerializable(typeof(ImportMachineRequest))]
[JsonSerializable(typeof(ImportReport))]
[JsonSerializable(typeof(TransferInfo))]
[JsonSerializable(typeof(ChangeDiskRequest))]
[JsonSerializable(typeof(DiskFileInfo))]
[JsonSerializable(typeof(DiskFileRequest))]
[JsonSerializable(typeof(CreateDiskFileRequest))]
[JsonSerializable(typeof(ResizeDiskFileRequest))]
[JsonSerializable(typeof(ConvertDiskFileRequest))]
[JsonSerializable(typeof(OptimizeDiskFileRequest))]
[JsonSerializable(typeof(ChangeDiskFileRequest))]
[JsonSerializable(typeof(DiskOperationStatus))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, long>))]
[JsonSerializable(typeof(SwitchInfo))]
[JsonSerializable(typeof(IReadOnlyList<SwitchInfo>))]
[JsonSerializable(typeof(CreateSwitchRequest))]
[JsonSerializable(typeof(ChangeSwitchRequest))]
[JsonSerializable(typeof(AddHostPortRequest))]
[JsonSerializable(typeof(ChangeHostPortRequest))]
[JsonSerializable(typeof(NatInfo))]
[JsonSerializable(typeof(IReadOnlyList<NatInfo>))]
[JsonSerializable(typeof(CreateNatRequest))]
[JsonSerializable(typeof(ChangeNatRequest))]
[JsonSerializable(typeof(NatStaticMapping))]
[JsonSerializable(typeof(IReadOnlyList<InterfaceInfo>))]
[JsonSerializable(typeof(ChangeInterfaceRequest))]
[JsonSerializable(typeof(IReadOnlyList<InterfaceAddress>))]
[JsonSerializable(typeof(AddAddressRequest))]
[JsonSerializable(typeof(IReadOnlyList<RouteInfo>))]
[JsonSerializable(typeof(RouteInfo))]
[JsonSerializable(typeof(IReadOnlyList<HostAdapterInfo>))]
[JsonSerializable(typeof(ChangeHostAdapterRequest))]
[JsonSerializable(typeof(AddHostAddressRequest))]
[JsonSerializable(typeof(ChangeHostAddressRequest))]
[JsonSerializable(typeof(HostRouteRequest))]
[JsonSerializable(typeof(IReadOnlyList<DnsServersInfo>))]
[JsonSerializable(typeof(SetDnsServersRequest))]
[JsonSerializable(typeof(HostChange))]
public sealed partial class ApiJsonContext : JsonSerializerContext;
