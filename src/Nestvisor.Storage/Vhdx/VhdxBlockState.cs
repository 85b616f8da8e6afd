namespace Nestvisor.Storage.Vhdx;

/// <summary>States of payload blocks (MS-VHDX §2.5.1.1).</summary>
internal enum VhdxBlockState
{
    /// <summary>Never written.</summary>
    NotPresent = 0,

    /// <summary>Its contents do not matter.</summary>
    Undefined = 1,

    /// <summary>Zeros.</summary>
    Zero = 2,

    /// <summary>The guest has discarded it.</summary>
    Unmapped = 3,

    /// <summary>The same, in files of the format's drafts.</summary>
    UnmappedInDrafts = 5,

    /// <summary>It is in the file.</summary>
    FullyPresent = 6,

    /// <summary>It is in part in the file and in part in the parent's.</summary>
    PartiallyPresent = 7,
}
