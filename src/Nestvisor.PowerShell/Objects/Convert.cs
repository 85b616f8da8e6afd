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
}
