namespace Nestvisor.Storage;

/// <summary>How thoroughly <see cref="VirtualDisk.Optimize"/> looks for unused blocks. The numbers are those of Hyper-V's <c>VhdCompactMode</c>.</summary>
public enum DiskCompactMode
{
    /// <summary>Blocks that hold only zeros are given back too.</summary>
    Full = 0,

    /// <summary>Blocks that the guest has discarded are given back; contents are not read.</summary>
    Quick = 1,

    /// <summary>Nothing moves: the host's file system is told again which parts of the file are unused.</summary>
    Retrim = 2,

    /// <summary>As <see cref="Quick"/>.</summary>
    Pretrimmed = 3,

    /// <summary>As <see cref="Full"/>.</summary>
    Prezeroed = 4,
}
