namespace Nestvisor.Networking.Policy;

/// <summary>
/// How a port treats VLAN tags (IEEE 802.1Q). An untagged port carries frames without a tag. An access port tags what leaves and takes the
/// tag off what comes in. A trunk port carries frames of several VLANs with their tags, and those of its native VLAN without.
/// </summary>
public sealed class PortVlan
{
    /// <summary>Largest identifier of a VLAN; 0 and 4095 are none.</summary>
    public const int MaxId = 4094;

    private const int BitsAWord = 64;
    private readonly ulong[]? _allowed;

    private PortVlan(int id, ulong[]? allowed)
    {
        Id = id;
        _allowed = allowed;
    }

    /// <summary>Frames without a tag only.</summary>
    public static PortVlan Untagged { get; } = new(0, null);

    /// <summary>The VLAN whose frames have no tag on the adapter's side; 0 if these have none on the switch either.</summary>
    public int Id { get; }

    /// <summary>Whether frames with tags leave and come in.</summary>
    public bool IsTrunk => _allowed is not null;

    /// <summary>A port in one VLAN.</summary>
    /// <param name="id">1 to <see cref="MaxId"/>.</param>
    /// <returns>The setting.</returns>
    public static PortVlan Access(int id)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(id, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, MaxId);
        return new PortVlan(id, null);
    }

    /// <summary>A port of several VLANs.</summary>
    /// <param name="native">The VLAN of frames without a tag; 0 if they are in none.</param>
    /// <param name="allowed">The VLANs whose frames pass.</param>
    /// <returns>The setting.</returns>
    public static PortVlan Trunk(int native, IEnumerable<int> allowed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(native);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(native, MaxId);
        ulong[] bits = new ulong[(MaxId / BitsAWord) + 1];
        foreach (int id in allowed)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(id, 1, nameof(allowed));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(id, MaxId, nameof(allowed));
            bits[id / BitsAWord] |= 1UL << (id % BitsAWord);
        }

        return new PortVlan(native, bits);
    }

    /// <summary>Whether tagged frames of a VLAN pass a trunk port.</summary>
    /// <param name="id">The identifier in the tag.</param>
    /// <returns>True if so.</returns>
    public bool Allows(int id) =>
        _allowed is not null && id is >= 1 and <= MaxId && (_allowed[id / BitsAWord] & (1UL << (id % BitsAWord))) != 0;
}
