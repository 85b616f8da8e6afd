using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Names places of disk controllers in errors, and what may be asked of them.</summary>
internal static class DriveFinder
{
    private const string NoPersistentMemory = "There is no persistent memory. Use an IDE or a SCSI controller.";

    /// <summary>A place as an error names it.</summary>
    public static string Describe(ControllerType? type, int? number, int? location) =>
        $"{type?.ToString() ?? "any"} controller{(number is { } one ? $" {one}" : "")}{(location is { } place ? $", location {place}" : "")}";

    /// <summary>The service's kind of controller.</summary>
    /// <exception cref="ApiException">No virtual machine has that kind.</exception>
    public static Nestvisor.Api.Machines.DiskControllerType? KindOf(ControllerType? type) =>
        type is null ? null : Convert.FromControllerType(type.Value) ?? throw ApiException.NotSupported(NoPersistentMemory);
}
