using System.ComponentModel;
using System.Runtime.Intrinsics.X86;
using Nestvisor.Engine.Kvm;
using Nestvisor.Platform;
using Nestvisor.X64;

namespace Nestvisor.Worker.Nesting;

/// <summary>The host that this process runs on.</summary>
internal sealed class LinuxHost : IHostFacts
{
    private readonly HostFiles _files = new("");

    public KvmHostReport Kvm { get; } = KvmHost.Check();

    public bool HasUserGsBase => HostProcessor.HasUserGsBase;

    public CpuidResult Cpuid(uint leaf, uint subleaf)
    {
        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)leaf, (int)subleaf);
        return new CpuidResult((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }

    public bool Exists(string path) => _files.Exists(path);

    public string? Read(string path) => _files.Read(path);

    public int TryOpen(string path)
    {
        try
        {
            using FileDescriptor opened = FileDescriptor.OpenReadWriteFile(path);
            return 0;
        }
        catch (Win32Exception error)
        {
            return error.NativeErrorCode;
        }
    }
}
