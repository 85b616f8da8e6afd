using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Api.Worker;

namespace Microsoft.HyperV.PowerShell;

/// <summary>Translates between the service's types and the commands'.</summary>
internal static class Convert
{
    public static VMEngine ToEngine(WorkerEngine engine) => engine switch
    {
        WorkerEngine.Kvm => VMEngine.Kvm,
        WorkerEngine.Software => VMEngine.Software,
        _ => VMEngine.Auto,
    };

    public static WorkerEngine? FromEngine(VMEngine? engine) => engine switch
    {
        null => null,
        VMEngine.Kvm => WorkerEngine.Kvm,
        VMEngine.Software => WorkerEngine.Software,
        _ => WorkerEngine.Auto,
    };

    public static VMHostCheckResult ToCheckResult(WorkerCheckResult result) => result switch
    {
        WorkerCheckResult.Passed => VMHostCheckResult.Passed,
        WorkerCheckResult.Warning => VMHostCheckResult.Warning,
        WorkerCheckResult.Failed => VMHostCheckResult.Failed,
        _ => VMHostCheckResult.NotApplicable,
    };

    public static SwitchType ToSwitchType(VMSwitchType type) => type switch
    {
        VMSwitchType.Private => SwitchType.Private,
        VMSwitchType.Internal => SwitchType.Internal,
        _ => SwitchType.External,
    };

    public static VMSwitchType FromSwitchType(SwitchType type) => type switch
    {
        SwitchType.Private => VMSwitchType.Private,
        SwitchType.Internal => VMSwitchType.Internal,
        _ => VMSwitchType.External,
    };

    public static ControllerType ToControllerType(DiskControllerType type) => type == DiskControllerType.Ide ? ControllerType.IDE : ControllerType.SCSI;

    /// <summary>The service's kind of controller; null for one that no virtual machine has.</summary>
    public static DiskControllerType? FromControllerType(ControllerType type) => type switch
    {
        ControllerType.IDE => DiskControllerType.Ide,
        ControllerType.SCSI => DiskControllerType.Scsi,
        _ => null,
    };
}
