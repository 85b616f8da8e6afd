namespace Nestvisor.Api.Disks;

/// <summary>How thoroughly unused blocks of a dynamic disk are looked for.</summary>
public enum DiskFileCompaction
{
    /// <summary>Hyper-V's default: Full for VHD and Quick for VHDX.</summary>
    Default,

    /// <summary>As Prezeroed, which it is for a disk that is not attached read-only.</summary>
    Full,

    /// <summary>As Pretrimmed, which it is for a disk that is not attached read-only.</summary>
    Quick,

    /// <summary>Needs a disk that is attached read-only, which is not supported.</summary>
    Retrim,

    /// <summary>Blocks that the guest has discarded are given back.</summary>
    Pretrimmed,

    /// <summary>Blocks that hold only zeros are given back too.</summary>
    Prezeroed,
}
