namespace Nestvisor.Storage.Tests;

/// <summary>The operations on disk files, ended with the test run.</summary>
internal static class Disks
{
    public static void Create(VirtualDiskCreation options) => VirtualDisk.Create(options, null, TestContext.Current.CancellationToken);

    public static void Convert(string source, VirtualDiskCreation target) => VirtualDisk.Convert(source, target, null, TestContext.Current.CancellationToken);

    public static void Resize(string path, long size) => VirtualDisk.Resize(path, size, null, TestContext.Current.CancellationToken);

    public static void Optimize(string path, DiskCompactMode mode) => VirtualDisk.Optimize(path, mode, null, TestContext.Current.CancellationToken);
}
