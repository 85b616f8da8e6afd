using Nestvisor.Api.Worker;
using Nestvisor.Engine.Kvm;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Worker.Engines;

/// <summary>The engine of a virtual machine: chosen by the host's abilities, or forced, never replaced silently.</summary>
internal sealed class EngineChoice
{
    private EngineChoice(WorkerEngine engine, CpuProfile profile, Func<GuestMemory, VmClock, CpuProfile, int, Partition> create)
    {
        Engine = engine;
        Profile = profile;
        Create = create;
    }

    /// <summary>Kvm or Software.</summary>
    public WorkerEngine Engine { get; }

    /// <summary>What CPUID says, without the masked features.</summary>
    public CpuProfile Profile { get; }

    /// <summary>Makes the partition.</summary>
    public Func<GuestMemory, VmClock, CpuProfile, int, Partition> Create { get; }

    /// <summary>Tells what the engines can do on this host.</summary>
    public static WorkerHostCheck CheckHost()
    {
        KvmHostReport kvm = KvmHost.Check();
        return new WorkerHostCheck
        {
            AutomaticEngine = kvm.Automatic ? WorkerEngine.Kvm : WorkerEngine.Software,
            Engines =
            [
                new WorkerEngineCheck
                {
                    Engine = WorkerEngine.Kvm, Usable = kvm.Usable, Automatic = kvm.Automatic, CanNest = kvm.CanNest, Reasons = kvm.Reasons,
                },
                SoftwareEngine.Check(),
            ],
        };
    }

    /// <summary>Chooses.</summary>
    /// <param name="requested">What the configuration says.</param>
    /// <param name="processors">Number of virtual processors.</param>
    /// <param name="exposeVirtualizationExtensions">Whether the guest finds AMD-V or VT-x.</param>
    /// <param name="maskedFeatures">Features that CPUID must not show.</param>
    /// <param name="translateAfter">How often the software engine interprets a block before it translates it; -1 never, null as it likes.</param>
    /// <exception cref="EngineUnavailableException">The engine cannot be used here, or not with these extensions.</exception>
    /// <exception cref="FormatException">A masked feature is not known.</exception>
    public static EngineChoice Make(
        WorkerEngine requested, int processors, bool exposeVirtualizationExtensions, IReadOnlyList<string> maskedFeatures, int? translateAfter)
    {
        WorkerHostCheck host = CheckHost();
        WorkerEngine engine = requested == WorkerEngine.Auto ? host.AutomaticEngine : requested;
        WorkerEngineCheck check = host.Engines.First(each => each.Engine == engine);
        if (!check.Usable)
        {
            throw new EngineUnavailableException(
                $"The engine {engine} cannot be used on this host. {string.Join(' ', check.Reasons)} Choose another engine, or Auto.");
        }

        if (exposeVirtualizationExtensions && !check.CanNest)
        {
            throw new EngineUnavailableException(
                $"The engine {engine} cannot expose virtualization extensions on this host. {string.Join(' ', check.Reasons)} "
                + "Choose another engine, or Auto, or do not expose the extensions.");
        }

        CpuProfile profile = engine == WorkerEngine.Kvm
            ? KvmHostProfile.Read(exposeVirtualizationExtensions)
            : SoftwareEngine.CreateProfile(processors, exposeVirtualizationExtensions);
        return new EngineChoice(
            engine,
            CpuFeatureMask.Without(profile, maskedFeatures),
            engine == WorkerEngine.Kvm ? KvmPartition.Create : SoftwareEngine.PartitionMaker(translateAfter));
    }
}
