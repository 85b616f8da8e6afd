namespace Microsoft.HyperV.PowerShell;

/// <summary>How firmly a guest's channels stay with processors.</summary>
public enum VrssVmbusChannelAffinityPolicyType
{
    /// <summary>Not at all.</summary>
    None = 1,

    /// <summary>Weakly.</summary>
    Weak = 2,

    /// <summary>Strongly.</summary>
    Strong = 3,

    /// <summary>Always.</summary>
    Strict = 4,
}
