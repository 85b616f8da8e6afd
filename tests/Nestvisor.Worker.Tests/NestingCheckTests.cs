using System.Text.Json;
using Nestvisor.Api.Worker;
using Nestvisor.Engine.Kvm;
using Nestvisor.Platform;
using Nestvisor.Worker.Engines;
using Nestvisor.Worker.Nesting;

namespace Nestvisor.Worker.Tests;

/// <summary>Each check of <c>nestvisor-worker check --nested</c>, on hosts that are made up, and all on the real one.</summary>
public sealed class NestingCheckTests : IDisposable
{
    private static readonly KvmHostReport s_unusable = new(Usable: false, Hardware: true, CanNest: false, ["The reason."]);

    private readonly MadeUpHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Checks_GoodHost_AllPassOncePerEngineWithNothingToDo()
    {
        IReadOnlyList<WorkerNestingCheck> checks = NestingChecks.Run(_host);

        Assert.All(checks, check => Assert.Equal((WorkerCheckResult.Passed, null), (check.Result, check.Remedy)));
        Assert.Equal(checks.Count, checks.Select(check => (check.Engine, check.Name)).Distinct().Count());
        Assert.Equal(["Nesting", "Nesting"], checks.GroupBy(check => check.Engine).Select(engine => engine.Last().Name));
    }

    [Theory]
    [InlineData("AuthenticAMD", 0x17u, WorkerCheckResult.Passed, "family 17h")]
    [InlineData("HygonGenuine", 0x18u, WorkerCheckResult.Passed, "family 18h")]
    [InlineData("GenuineIntel", 6u, WorkerCheckResult.Passed, "family 6h")]
    [InlineData("AuthenticAMD", 0x15u, WorkerCheckResult.Warning, "older than EPYC and Ryzen")]
    [InlineData("CentaurHauls", 6u, WorkerCheckResult.Warning, "neither AMD's nor Intel's")]
    public void Processor_OfAVendorAndFamily_IsJudged(string vendor, uint family, WorkerCheckResult result, string found)
    {
        _host.ShowProcessor(vendor, family);

        Expect("Processor", result, found);
    }

    [Theory]
    [InlineData(true, false, "AMD-V")]
    [InlineData(false, true, "VT-x")]
    public void Extensions_Shown_Pass(bool svm, bool vmx, string name)
    {
        _host.ShowExtensions(svm, vmx);

        Expect("ProcessorExtensions", WorkerCheckResult.Passed, name);
    }

    [Theory]
    [InlineData(null, "firmware")]
    [InlineData("Microsoft Hv", "Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true")]
    [InlineData("KVMKVMKVM", "nested=1")]
    [InlineData("VMwareVMware", "vhv.enable")]
    [InlineData("Some\u001bOther", "vendor")]
    public void Extensions_NotShown_FailWithTheRemedyOfWhatIsOutside(string? hypervisor, string remedy)
    {
        _host.ShowExtensions(svm: false, vmx: false);
        if (hypervisor is not null)
        {
            _host.ShowHypervisor(hypervisor);
        }

        Expect("ProcessorExtensions", WorkerCheckResult.Failed, "neither AMD-V (svm) nor VT-x (vmx)", remedy);
        Expect("SecondLevelTranslation", WorkerCheckResult.NotApplicable, "no virtualization extensions");
        Expect("NestedParameter", WorkerCheckResult.NotApplicable, "no virtualization extensions");
        Expect("OuterHypervisor", hypervisor is null ? WorkerCheckResult.Passed : WorkerCheckResult.Warning, hypervisor is null ? "not a virtual machine" : "neither");
    }

    [Fact]
    public void SecondLevelTranslation_AmdWithout_IsAWarning()
    {
        _host.ShowNestedPaging(false);

        Expect("SecondLevelTranslation", WorkerCheckResult.Warning, "no nested paging", "Use a processor with");
    }

    [Fact]
    public void SecondLevelTranslation_TurnedOffInTheModule_IsAWarning()
    {
        _host.Write("/sys/module/kvm_amd/parameters/npt", "N");

        Expect("SecondLevelTranslation", WorkerCheckResult.Warning, "npt=0", "modprobe kvm_amd npt=1");
    }

    [Theory]
    [InlineData("fpu vmx ept vpid", WorkerCheckResult.Passed)]
    [InlineData("fpu vmx ept_ad", WorkerCheckResult.Warning)]
    public void SecondLevelTranslation_OfIntel_IsAFlagOfTheKernels(string flags, WorkerCheckResult result)
    {
        _host.ShowProcessor("GenuineIntel", 6);
        _host.ShowExtensions(svm: false, vmx: true);
        _host.Write("/proc/cpuinfo", $"processor\t: 0\nflags\t\t: {flags}\nvmx flags\t: ept");

        Expect("SecondLevelTranslation", result, "EPT");
    }

    [Theory]
    [InlineData("Microsoft Hv", 0u, WorkerCheckResult.Passed, "of Hyper-V, which shows it AMD-V")]
    [InlineData("KVMKVMKVM", 0u, WorkerCheckResult.Warning, "for its vendor to say")]
    [InlineData("XenVMMXenVMM", 0x100u, WorkerCheckResult.Warning, "of Xen")]
    [InlineData("Some\u001bOther", 0u, WorkerCheckResult.Warning, "(\"Some.Other\")")]
    public void OuterHypervisor_WithExtensionsShown_IsAWarningUnlessHyperV(string signature, uint offset, WorkerCheckResult result, string found)
    {
        // Xen as it passes for Hyper-V: its own signature comes second.
        if (offset != 0)
        {
            _host.ShowHypervisor("Microsoft Hv");
        }

        _host.ShowHypervisor(signature, 0x4000_0000 + offset);

        Expect("OuterHypervisor", result, found);
    }

    [Theory]
    [InlineData(false, false, "does not exist.", "modprobe kvm_amd")]
    [InlineData(false, true, "though the kernel has KVM", "mknod")]
    [InlineData(true, false, "does not exist.", "On the container's host: Load")]
    [InlineData(true, true, "in this container, though the kernel has KVM", "--device /dev/kvm")]
    public void Device_Missing_FailsWithTheRemedyOfThePlace(bool container, bool driver, string found, string remedy)
    {
        _host.Remove("/dev/kvm");
        _host.Kvm = s_unusable;
        if (container)
        {
            _host.Write("/.dockerenv", "");
        }

        if (!driver)
        {
            _host.Remove("/proc/misc");
        }

        Expect("Device", WorkerCheckResult.Failed, found, remedy);
        Expect("Access", WorkerCheckResult.NotApplicable, "does not exist");
        Expect("Driver", WorkerCheckResult.NotApplicable, "cannot be opened");
        Expect("Kind", WorkerCheckResult.NotApplicable, "not usable");
        Expect("Nesting", WorkerCheckResult.Failed, "cannot be given", "Software");
    }

    [Fact]
    public void Device_WithoutADriver_Fails()
    {
        _host.OpenError = LinuxError.NoDevice;
        _host.Kvm = s_unusable;
        _host.Remove("/sys/module/kvm_amd");

        Expect("Device", WorkerCheckResult.Failed, "no driver", "modprobe");
        Expect("Access", WorkerCheckResult.NotApplicable, "no driver");
        Expect("NestedParameter", WorkerCheckResult.NotApplicable, "kvm_amd is not loaded");
    }

    [Theory]
    [InlineData(LinuxError.Access, false, "may not be opened by this user", "usermod -aG kvm")]
    [InlineData(LinuxError.Access, true, "may not be opened by this user", "usermod -aG kvm")]
    [InlineData(LinuxError.NotPermitted, true, "container's rules", "--device /dev/kvm")]
    [InlineData(LinuxError.TooBig, false, "errno 7", "modprobe")]
    public void Access_Refused_Fails(int error, bool container, string found, string remedy)
    {
        _host.OpenError = error;
        _host.Kvm = s_unusable;
        if (container)
        {
            _host.Write("/proc/1/cgroup", "0::/kubepods/pod1");
        }

        Expect("Device", WorkerCheckResult.Passed, "exists");
        Expect("Access", WorkerCheckResult.Failed, found, remedy);
    }

    [Fact]
    public void Kind_WorkingWithoutExtensions_IsParavirtualAndFails()
    {
        _host.ShowExtensions(svm: false, vmx: false);
        _host.Kvm = new KvmHostReport(Usable: true, Hardware: false, CanNest: false, []);

        Expect("Kind", WorkerCheckResult.Failed, "paravirtual", "engine Software");
    }

    [Theory]
    [InlineData("5.4.0-42-generic", "Linux 5.4.0-42-generic lacks what the engine uses. The reason.", "5.10 or later")]
    [InlineData("6.12.1", "makes no virtual machine. The reason.", "dmesg")]
    public void Driver_ThatMakesNoMachine_FailsWithTheReason(string release, string found, string remedy)
    {
        _host.Write("/proc/sys/kernel/osrelease", release);
        _host.Kvm = s_unusable;

        Expect("Driver", WorkerCheckResult.Failed, found, remedy);
    }

    [Fact]
    public void Driver_OldButComplete_Passes()
    {
        _host.Write("/proc/sys/kernel/osrelease", "4.18.0-553.el8.x86_64");

        Expect("Driver", WorkerCheckResult.Passed, "4.18.0-553");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("N")]
    public void NestedParameter_Off_FailsWithTheCommand(string value)
    {
        _host.Write("/sys/module/kvm_amd/parameters/nested", value);
        _host.Kvm = _host.Kvm with { CanNest = false };

        Expect("NestedParameter", WorkerCheckResult.Failed, "kvm_amd is loaded with nested=0", "modprobe kvm_amd nested=1");
        Expect("Nesting", WorkerCheckResult.Failed, "cannot be given");
    }

    [Fact]
    public void NestedParameter_OfIntelsModule_IsTheOneThatCounts()
    {
        _host.ShowExtensions(svm: false, vmx: true);
        _host.Write("/sys/module/kvm_intel/parameters/nested", "N");

        Expect("NestedParameter", WorkerCheckResult.Failed, "kvm_intel is loaded with nested=0", "modprobe kvm_intel nested=1");
    }

    [Fact]
    public void NestedParameter_OnButKvmOffersNothing_Fails()
    {
        _host.Kvm = _host.Kvm with { CanNest = false };

        Expect("NestedParameter", WorkerCheckResult.Failed, "does not offer AMD-V");
    }

    [Theory]
    [InlineData("vboxdrv", true, WorkerCheckResult.Warning, "VirtualBox (vboxdrv)")]
    [InlineData("vmmon", true, WorkerCheckResult.Warning, "VMware (vmmon)")]
    [InlineData("vboxdrv", false, WorkerCheckResult.Failed, "may hold")]
    public void OtherHypervisors_ModuleLoaded_IsNamed(string module, bool kvmWorks, WorkerCheckResult result, string found)
    {
        _host.Write($"/sys/module/{module}/refcnt", "1");
        _host.Kvm = kvmWorks ? _host.Kvm : s_unusable;

        Expect("OtherHypervisors", result, found, "modprobe -r");
    }

    [Theory]
    [InlineData(true, "5.4.0", "does not let programs", "5.9 or later")]
    [InlineData(true, "6.1.0", "was started so", "nofsgsbase")]
    [InlineData(false, "6.1.0", "shows no FSGSBASE", "FSGSBASE")]
    public void Translation_WithoutWrgsbase_IsAWarning(bool shown, string release, string found, string remedy)
    {
        _host.HasUserGsBase = false;
        _host.ShowUserGsBase(shown);
        _host.Write("/proc/sys/kernel/osrelease", release);

        Expect("Translation", WorkerCheckResult.Warning, found, remedy, WorkerEngine.Software);
        Expect("Nesting", WorkerCheckResult.Passed, "AMD-V", engine: WorkerEngine.Software);
    }

    [Theory]
    [InlineData("max", "max", WorkerCheckResult.Passed, "8192 MB, without")]
    [InlineData("4294967296", "max", WorkerCheckResult.Passed, "4096 MB: the limit of this process's control group, of the host's 8192 MB")]
    [InlineData("max", "268435456", WorkerCheckResult.Warning, "256 MB")]
    [InlineData("17179869184", "max", WorkerCheckResult.Passed, "8192 MB, without")]
    public void Memory_LimitedByAControlGroup_IsTheSmallestOnTheWayUp(string own, string parent, WorkerCheckResult result, string found)
    {
        _host.Write("/sys/fs/cgroup/user.slice/shell/memory.max", own);
        _host.Write("/sys/fs/cgroup/user.slice/memory.max", parent);

        Expect("Memory", result, found);
        Expect("Memory", result, found, engine: WorkerEngine.Software);
    }

    [Theory]
    [InlineData("9223372036854771712", WorkerCheckResult.Passed, "without a limit")]
    [InlineData("536870912", WorkerCheckResult.Warning, "512 MB: the limit of this container")]
    public void Memory_LimitedByVersion1InAContainer_IsFound(string limit, WorkerCheckResult result, string found)
    {
        _host.Write("/.dockerenv", "");
        _host.Write("/proc/self/cgroup", "4:memory:/docker/of-the-host\n1:cpu,cpuacct:/");
        _host.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", limit);

        Expect("Memory", result, found);
    }

    [Fact]
    public void Memory_OfASmallHost_IsAWarning()
    {
        _host.Write("/proc/meminfo", "MemTotal:         524288 kB");

        Expect("Memory", WorkerCheckResult.Warning, "512 MB", "more memory");
    }

    [Theory]
    [InlineData("max 100000", WorkerCheckResult.Passed, "2, without a limit")]
    [InlineData("150000 100000", WorkerCheckResult.Passed, "The time of 1.5")]
    [InlineData("400000 100000", WorkerCheckResult.Passed, "2, without a limit")]
    [InlineData("50000 100000", WorkerCheckResult.Warning, "The time of 0.5")]
    public void Processors_LimitedByAControlGroup_AreJudged(string limit, WorkerCheckResult result, string found)
    {
        _host.Write("/sys/fs/cgroup/user.slice/cpu.max", limit);

        Expect("Processors", result, found);
    }

    [Theory]
    [InlineData("-1", WorkerCheckResult.Passed, "without a limit")]
    [InlineData("25000", WorkerCheckResult.Warning, "The time of 0.25")]
    public void Processors_LimitedByVersion1_AreJudged(string quota, WorkerCheckResult result, string found)
    {
        _host.Write("/proc/self/cgroup", "1:cpu,cpuacct:/");
        _host.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", quota);
        _host.Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");

        Expect("Processors", result, found);
    }

    [Fact]
    public void Checks_OfTheRealHost_AgreeWithTheEnginesOwn()
    {
        (int exitCode, string output, string error) = WorkerProcess.Run("check", "--nested", "--json");
        IReadOnlyList<WorkerNestingCheck> checks = JsonSerializer.Deserialize(output, WorkerJsonContext.Default.IReadOnlyListWorkerNestingCheck)!;

        Assert.Equal("", error);
        WorkerHostCheck host = EngineChoice.CheckHost();
        foreach (WorkerEngineCheck engine in host.Engines)
        {
            WorkerNestingCheck[] own = [.. checks.Where(check => check.Engine == engine.Engine)];
            Assert.Equal(engine.CanNest ? WorkerCheckResult.Passed : WorkerCheckResult.Failed, own[^1].Result);

            // What is in the way is told by a check, not by the outcome alone.
            Assert.Equal(engine.CanNest, own[..^1].All(check => check.Result != WorkerCheckResult.Failed));
        }

        Assert.Equal(host.Engines.First(engine => engine.Engine == host.AutomaticEngine).CanNest ? 0 : 78, exitCode);
    }

    [Fact]
    public void Check_NestedAsText_HasALineForEachCheckAndItsRemedy()
    {
        (_, string output, _) = WorkerProcess.Run("check", "--nested");

        Assert.Contains("Kvm ProcessorExtensions: ", output, StringComparison.Ordinal);
        Assert.Contains("Software Nesting: Passed. ", output, StringComparison.Ordinal);
    }

    private void Expect(string name, WorkerCheckResult result, string found, string? remedy = null, WorkerEngine engine = WorkerEngine.Kvm)
    {
        WorkerNestingCheck check = Assert.Single(NestingChecks.Run(_host), check => check.Engine == engine && check.Name == name);

        Assert.Equal(result, check.Result);
        Assert.Contains(found, check.Found, StringComparison.Ordinal);
        Assert.Equal(result is WorkerCheckResult.Warning or WorkerCheckResult.Failed, check.Remedy is not null);
        if (remedy is not null)
        {
            Assert.Contains(remedy, check.Remedy, StringComparison.Ordinal);
        }
    }
}
