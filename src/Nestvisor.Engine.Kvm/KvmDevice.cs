using System.ComponentModel;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Kvm;

/// <summary>Calls to the kernel's KVM that turn a refusal into an exception.</summary>
internal static class KvmDevice
{
    public const string Path = "/dev/kvm";

    public static FileDescriptor Open() => FileDescriptor.OpenReadWriteFile(Path);

    public static int Capability(FileDescriptor kvm, KvmCapability capability) =>
        Math.Max(IoControl.Call(kvm.Value, KvmIoctl.CheckExtension, (nuint)capability), 0);

    public static int Call(FileDescriptor target, uint request, nuint argument, string what) =>
        Check(IoControl.Call(target.Value, request, argument), what);

    public static int Call<T>(FileDescriptor target, uint request, ref T argument, string what)
        where T : unmanaged =>
        Check(IoControl.Call(target.Value, request, ref argument), what);

    public static int Call(FileDescriptor target, uint request, Span<byte> argument, string what) =>
        Check(IoControl.Call(target.Value, request, argument), what);

    /// <exception cref="Win32Exception">The result is a negative errno.</exception>
    public static int Check(int result, string what) =>
        result < 0 ? throw LinuxError.Create(-result, $"KVM: cannot {what}") : result;
}
