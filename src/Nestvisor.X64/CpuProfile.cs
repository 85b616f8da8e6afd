namespace Nestvisor.X64;

/// <summary>
/// A processor as data: what CPUID says. Values that depend on the processor's number or state (APIC id, OSXSAVE, size of
/// the XSAVE area) are zero here; the engine fills them in.
/// </summary>
public sealed class CpuProfile
{
    private readonly Dictionary<(uint Leaf, uint Subleaf), CpuidResult> _leaves;

    /// <summary>Creates a profile.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="vendor">Whose processor it describes.</param>
    /// <param name="leaves">The leaves; a leaf without subleaves has subleaf 0.</param>
    public CpuProfile(string name, CpuVendor vendor, IReadOnlyDictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves)
    {
        Name = name;
        Vendor = vendor;
        _leaves = new Dictionary<(uint, uint), CpuidResult>(leaves);
    }

    /// <summary>Name of the profile.</summary>
    public string Name { get; }

    /// <summary>Whose processor it describes.</summary>
    public CpuVendor Vendor { get; }

    /// <summary>All leaves.</summary>
    public IReadOnlyDictionary<(uint Leaf, uint Subleaf), CpuidResult> Leaves => _leaves;

    /// <summary>Reads a leaf.</summary>
    /// <param name="leaf">EAX.</param>
    /// <param name="subleaf">ECX.</param>
    /// <returns>Its value; zeros if the profile has none.</returns>
    public CpuidResult this[uint leaf, uint subleaf] => _leaves.GetValueOrDefault((leaf, subleaf));

    /// <summary>Whether the profile shows AMD-V (CPUID 8000_0001h ECX bit 2).</summary>
    public bool HasSvm => (this[0x8000_0001, 0].Ecx & 4) != 0;

    /// <summary>Copies the profile with other leaves.</summary>
    /// <param name="changes">The leaves that differ.</param>
    /// <returns>The new profile.</returns>
    public CpuProfile With(params ReadOnlySpan<(uint Leaf, uint Subleaf, CpuidResult Value)> changes)
    {
        CpuProfile copy = new(Name, Vendor, _leaves);
        foreach ((uint leaf, uint subleaf, CpuidResult value) in changes)
        {
            copy._leaves[(leaf, subleaf)] = value;
        }

        return copy;
    }
}
