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
    /// <param name="configuration">What is asked for.</param>
    /// <exception cref="EngineUnavailableException">The engine cannot be used here, or not with these extensions or files.</exception>
    /// <exception cref="FormatException">A masked feature is not known.</exception>
    public static EngineChoice Make(WorkerConfiguration configuration)
    {
        WorkerHostCheck host = CheckHost();
        WorkerEngine engine = configuration.Engine == WorkerEngine.Auto ? host.AutomaticEngine : configuration.Engine;
        WorkerEngineCheck check = host.Engines.First(each => each.Engine == engine);
        if (!check.Usable)
        {
            throw new EngineUnavailableException(
                $"The engine {engine} cannot be used on this host. {string.Join(' ', check.Reasons)} Choose another engine, or Auto.");
        }

        if (configuration.ExposeVirtualizationExtensions && !check.CanNest)
        {
            throw new EngineUnavailableException(
                $"The engine {engine} cannot expose virtualization extensions on this host. {string.Join(' ', check.Reasons)} "
                + "Choose another engine, or Auto, or do not expose the extensions.");
        }

        if (engine != WorkerEngine.Software && (configuration.PerfMap || configuration.TranslationsFile is not null))
        {
            throw new EngineUnavailableException(
                $"The engine {engine} translates no code that could be looked into. Choose the engine Software, or do without the files about translations.");
        }

        if (engine != WorkerEngine.Software && configuration.CompareTiers != WorkerComparison.None)
        {
            throw new EngineUnavailableException($"The engine {engine} has no tiers to compare. Choose the engine Software, or do not compare.");
        }

        CpuProfile profile = engine == WorkerEngine.Kvm
            ? KvmHostProfile.Read(configuration.ExposeVirtualizationExtensions)
            : SoftwareEngine.CreateProfile(configuration.ProcessorCount, configuration.ExposeVirtualizationExtensions);
        return new EngineChoice(
            engine,
            CpuFeatureMask.Without(profile, configuration.MaskedCpuFeatures),
            engine == WorkerEngine.Kvm ? KvmPartition.Create : SoftwareEngine.PartitionMaker(configuration));
    }
}
