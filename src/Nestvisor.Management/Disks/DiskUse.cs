namespace Nestvisor.Management.Disks;

/// <summary>That a virtual machine which is not off has a disk.</summary>
/// <param name="Machine">Its name.</param>
/// <param name="IsSaved">Whether it is saved; else it has a worker.</param>
/// <param name="IsReadOnly">Whether its guest may only read the disk.</param>
internal sealed record DiskUse(string Machine, bool IsSaved, bool IsReadOnly);
