namespace Microsoft.Vhd.PowerShell;

/// <summary>How thoroughly unused blocks are looked for.</summary>
public enum VhdCompactMode
{
    /// <summary>As Prezeroed, which it is for a disk that is not attached read-only.</summary>
    Full = 0,

    /// <summary>As Pretrimmed, which it is for a disk that is not attached read-only.</summary>
    Quick = 1,

    /// <summary>Needs a disk that is attached read-only, which is not supported.</summary>
    Retrim = 2,

    /// <summary>Blocks that the guest has discarded are given back.</summary>
    Pretrimmed = 3,

    /// <summary>Blocks that hold only zeros are given back too.</summary>
    Prezeroed = 4,
}
