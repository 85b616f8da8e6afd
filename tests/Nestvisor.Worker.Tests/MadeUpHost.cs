using System.Buffers.Binary;
using System.Text;
using Nestvisor.Engine.Kvm;
using Nestvisor.Worker.Nesting;
using Nestvisor.X64;

namespace Nestvisor.Worker.Tests;

/// <summary>
/// A host of a folder tree and a table of CPUID leaves. A new one is a machine with an EPYC processor, Linux 6.1 and a KVM that nests.
/// </summary>
internal sealed class MadeUpHost : IHostFacts, IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HostFiles _files;
    private readonly Dictionary<uint, CpuidResult> _cpuid = [];

    public MadeUpHost()
    {
        _files = new HostFiles(_folder.Path);
        ShowProcessor("AuthenticAMD", 0x19);
        ShowExtensions(svm: true, vmx: false);
        _cpuid[7] = new CpuidResult(0, 1, 0, 0);
        _cpuid[0x8000_0000] = new CpuidResult(0x8000_001F, 0, 0, 0);
        ShowNestedPaging(true);
        Write("/dev/kvm", "");
        Write("/proc/misc", "232 kvm\n236 device-mapper");
        Write("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm ept\n\nprocessor\t: 1\nflags\t\t: fpu svm ept");
        Write("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:         1048576 kB");
        Write("/proc/self/cgroup", "0::/user.slice/shell");
        Write("/proc/sys/kernel/osrelease", "6.1.0-56-amd64");
        Write("/sys/module/kvm_amd/parameters/nested", "1");
        Write("/sys/module/kvm_amd/parameters/npt", "Y");
    }

    public KvmHostReport Kvm { get; set; } = new(Usable: true, Hardware: true, CanNest: true, []);

    public bool HasUserGsBase { get; set; } = true;

    public int OpenError { get; set; }

    public CpuidResult Cpuid(uint leaf, uint subleaf) => _cpuid.GetValueOrDefault(leaf);

    public bool Exists(string path) => _files.Exists(path);

    public string? Read(string path) => _files.Read(path);

    public int TryOpen(string path) => Exists(path) ? OpenError : Platform.LinuxError.NoEntry;

    public void ShowProcessor(string vendor, uint family)
    {
        (uint ebx, uint edx, uint ecx) = Words(vendor);
        _cpuid[0] = new CpuidResult(0x10, ebx, ecx, edx);

        // Families above 0Fh are in two fields.
        uint signature = family <= 0xF ? family << 8 : 0xF00 | ((family - 0xF) << 20);
        _cpuid[1] = _cpuid.GetValueOrDefault(1u) with { Eax = signature };
    }

    public void ShowExtensions(bool svm, bool vmx)
    {
        _cpuid[1] = _cpuid[1] with { Ecx = vmx ? 1u << 5 : 0 };
        _cpuid[0x8000_0001] = new CpuidResult(0, 0, svm ? 1u << 2 : 0, 0);
    }

    public void ShowNestedPaging(bool shown) => _cpuid[0x8000_000A] = new CpuidResult(1, 0, 0, shown ? 1u : 0);

    public void ShowUserGsBase(bool shown) => _cpuid[7] = new CpuidResult(0, shown ? 1u : 0, 0, 0);

    public void ShowHypervisor(string signature, uint leaf = 0x4000_0000)
    {
        _cpuid[1] = _cpuid[1] with { Ecx = _cpuid[1].Ecx | (1u << 31) };
        (uint ebx, uint ecx, uint edx) = Words(signature);
        _cpuid[leaf] = new CpuidResult(leaf + 1, ebx, ecx, edx);
    }

    public void Write(string path, string content)
    {
        string file = _folder.Path + path;
        _ = Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content + "\n");
    }

    public void Remove(string path)
    {
        if (Directory.Exists(_folder.Path + path))
        {
            Directory.Delete(_folder.Path + path, recursive: true);
        }
        else
        {
            File.Delete(_folder.Path + path);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static (uint A, uint B, uint C) Words(string text)
    {
        byte[] bytes = new byte[12];
        _ = Encoding.Latin1.GetBytes(text, bytes);
        return (BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)));
    }
}
