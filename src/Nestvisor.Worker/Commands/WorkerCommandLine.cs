using System.CommandLine;
using Nestvisor.Api.Networks;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Commands;

/// <summary>The commands and options of <c>nestvisor-worker</c>.</summary>
internal static class WorkerCommandLine
{
    public static RootCommand Create() => new("Runs one Nestvisor virtual machine.")
    {
        CreateRun(),
        CreateBoot(),
        CreateCheck(),
        CreateJudge(),
        CreateSelfTest(),
    };

    private static Command CreateRun()
    {
        Option<string> file = new("--config") { Description = "The configuration, a JSON file.", Required = true, HelpName = "FILE" };
        Command command = new("run", "Runs the machine that a configuration file describes.") { file };
        command.SetAction(result => RunCommand.Execute(result.GetRequiredValue(file)));
        return command;
    }

    private static Command CreateBoot()
    {
        Option<string> kernel = new("--kernel") { Description = "bzImage, ELF (PVH) or multiboot kernel.", Required = true, HelpName = "FILE" };
        Option<string?> initrd = new("--initrd") { Description = "Initial RAM disk.", HelpName = "FILE" };
        Option<string[]> modules = new("--module")
        {
            Description = "Module of a multiboot or PVH kernel, with its command line behind a space; may be repeated. The initial RAM disk is the last.",
            HelpName = "FILE [TEXT]",
            DefaultValueFactory = _ => [],
        };
        Option<string> append = new("--append") { Description = "Kernel command line.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        Option<long> memory = new("--memory")
        {
            Description = "Memory, in bytes or with suffix M or G.",
            HelpName = "SIZE",
            CustomParser = result => MemorySize.Parse(result.Tokens[0].Value, result.AddError),
            DefaultValueFactory = _ => 512L << 20,
        };
        Option<int> processors = new("--cpus") { Description = "Virtual processors.", HelpName = "N", DefaultValueFactory = _ => 1 };
        Option<WorkerEngine> engine = new("--engine")
        {
            Description = "auto, kvm or software.",
            HelpName = "ENGINE",
            CustomParser = result => ParseEngine(result.Tokens[0].Value, result.AddError),
            DefaultValueFactory = _ => WorkerEngine.Auto,
        };
        Option<bool> expose = new("--expose-virtualization-extensions") { Description = "The guest finds AMD-V or VT-x." };
        Option<string[]> mask = new("--mask") { Description = "Processor features to hide.", HelpName = "FEATURE", DefaultValueFactory = _ => [] };
        Option<string[]> disks = new("--disk") { Description = "Disk file; \",ro\" makes it read-only.", HelpName = "FILE[,ro]", DefaultValueFactory = _ => [] };
        Option<string[]> networks = new("--network")
        {
            Description = "TAP interface of a network adapter, and its MAC address; any source address may leave.",
            HelpName = "INTERFACE,MAC",
            DefaultValueFactory = _ => [],
        };
        networks.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => !token.Value.Contains(',', StringComparison.Ordinal)))
            {
                result.AddError("--network is an interface and a MAC address, such as tap0,02:00:00:00:00:01.");
            }
        });
        Option<int?> translateAfter = new("--translate-after")
        {
            Description = "How often the software engine interprets a block before it translates it; -1: it only interprets.",
            HelpName = "RUNS",
        };
        translateAfter.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < -1)
            {
                result.AddError("--translate-after is a number of runs, or -1 for never.");
            }
        });
        Option<bool> perfMap = new("--perf-map") { Description = "Writes /tmp/perf-PID.map, so that perf knows the names of translated code." };
        Option<string?> dump = new("--dump-translations")
        {
            Description = "Writes each translated block to a file, its guest code and its native code; at most 512 MiB.",
            HelpName = "FILE",
        };
        Option<WorkerComparison> compare = new("--compare-tiers")
        {
            Description = "Runs what the software engine translates in the interpreter too, and ends at a difference: all, or nested guests only.",
            HelpName = "all|nested",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => ParseComparison(result.Tokens.Count == 0 ? "all" : result.Tokens[0].Value, result.AddError),
        };
        Option<bool> testDevices = new("--test-devices") { Description = "Port F4h ends the machine with an exit code, and the like." };
        Option<bool> restart = new("--restart") { Description = "A reset or triple fault restarts the machine instead of ending it." };
        Command command = new("boot", "Boots a machine on this terminal; Ctrl-A x ends it.")
        {
            kernel, initrd, modules, append, memory, processors, engine, expose, mask, disks, networks, translateAfter, perfMap, dump, compare,
            testDevices, restart,
        };
        command.SetAction(result =>
        {
            WorkerResetPolicy policy = result.GetValue(restart) ? WorkerResetPolicy.Restart : WorkerResetPolicy.Stop;
            return BootCommand.Execute(new WorkerConfiguration
            {
                Id = Guid.NewGuid(),
                Name = "boot",
                Engine = result.GetValue(engine),
                MemoryBytes = result.GetValue(memory),
                ProcessorCount = result.GetValue(processors),
                ExposeVirtualizationExtensions = result.GetValue(expose),
                MaskedCpuFeatures = result.GetValue(mask) ?? [],
                Kernel = result.GetRequiredValue(kernel),
                Initrd = result.GetValue(initrd),
                Modules = [.. (result.GetValue(modules) ?? []).Select(ParseModule)],
                CommandLine = result.GetValue(append) ?? "",
                Disks = [.. (result.GetValue(disks) ?? []).Select(ParseDisk)],
                NetworkAdapters = [.. (result.GetValue(networks) ?? []).Select(ParseNetwork)],
                TranslateAfter = result.GetValue(translateAfter),
                PerfMap = result.GetValue(perfMap),
                TranslationsFile = result.GetValue(dump),
                CompareTiers = result.GetValue(compare),
                TestDevices = result.GetValue(testDevices),
                OnReset = policy,
                OnTripleFault = policy,
                ControlSocket = "",
            });
        });
        return command;
    }

    private static Command CreateCheck()
    {
        Option<bool> json = new("--json") { Description = "Prints JSON." };
        Option<bool> nested = new("--nested") { Description = "Tells of each thing that nesting needs whether it is there, and what to do if not." };
        Command command = new("check", "Tells which engines work on this host, whether they can nest, and why not.") { json, nested };
        command.SetAction(result => result.GetValue(nested) ? NestingCommand.Execute(result.GetValue(json)) : CheckCommand.Execute(result.GetValue(json)));
        return command;
    }

    private static Command CreateJudge()
    {
        Option<string> file = new("--config") { Description = "The configuration, a JSON file.", Required = true, HelpName = "FILE" };
        Command command = new("judge", "Tells what keeps the machine that a configuration file describes from running on this host.") { file };
        command.SetAction(result => JudgeCommand.Execute(result.GetRequiredValue(file)));
        return command;
    }

    private static Command CreateSelfTest()
    {
        Command command = new("selftest-lockdown", "Locks the process down and tries what must fail.") { Hidden = true };
        command.SetAction(_ => SelfTestCommand.Execute());
        return command;
    }

    private static WorkerEngine ParseEngine(string text, Action<string> fail)
    {
        switch (text.ToLowerInvariant())
        {
            case "auto":
                return WorkerEngine.Auto;
            case "kvm":
                return WorkerEngine.Kvm;
            case "software":
                return WorkerEngine.Software;
            default:
                fail($"There is no engine '{text}'. Use auto, kvm or software.");
                return default;
        }
    }

    private static WorkerComparison ParseComparison(string text, Action<string> fail)
    {
        switch (text.ToLowerInvariant())
        {
            case "all":
                return WorkerComparison.All;
            case "nested":
                return WorkerComparison.Nested;
            default:
                fail($"--compare-tiers compares all or nested, not '{text}'.");
                return default;
        }
    }

    private static WorkerNetworkAdapter ParseNetwork(string text)
    {
        int comma = text.IndexOf(',', StringComparison.Ordinal);
        return new WorkerNetworkAdapter
        {
            Id = Guid.NewGuid(),
            Interface = text[..comma],
            Mac = text[(comma + 1)..],
            Connected = true,
            Port = new PortSettings { MacAddressSpoofing = true },
        };
    }

    private static WorkerModule ParseModule(string text)
    {
        string[] parts = text.Split(' ', 2, StringSplitOptions.TrimEntries);
        return new WorkerModule { Path = parts[0], CommandLine = parts.Length == 2 ? parts[1] : "" };
    }

    private static WorkerDisk ParseDisk(string text) =>
        text.EndsWith(",ro", StringComparison.Ordinal)
            ? new WorkerDisk { Path = text[..^3], ReadOnly = true }
            : new WorkerDisk { Path = text };
}
