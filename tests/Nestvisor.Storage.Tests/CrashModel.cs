using System.Buffers.Binary;

namespace Nestvisor.Storage.Tests;

/// <summary>What the sectors of a disk may hold after a loss of power: what was flushed last, or anything that was written since.</summary>
internal sealed class CrashModel
{
    private readonly Dictionary<long, List<int>> _versions = [];
    private int _version;

    /// <summary>The version of the last write.</summary>
    public int Last => _version;

    /// <summary>Sectors are about to be written; the version that they get.</summary>
    public int BeginWrite(long sector, long count)
    {
        _version++;
        for (long i = sector; i < sector + count; i++)
        {
            Of(i).Add(_version);
        }

        return _version;
    }

    /// <summary>Sectors are about to become zeros.</summary>
    public void BeginZero(long sector, long count)
    {
        for (long i = sector; i < sector + count; i++)
        {
            Of(i).Add(0);
        }
    }

    /// <summary>All is durable.</summary>
    public void Flushed()
    {
        foreach (List<int> versions in _versions.Values)
        {
            versions.RemoveRange(0, versions.Count - 1);
        }
    }

    /// <summary>The versions that a sector may have.</summary>
    public IReadOnlyList<int> Allowed(long sector) => Of(sector);

    /// <summary>Looks at all sectors that were ever written.</summary>
    public void Check(IDisk disk, string what)
    {
        byte[] bytes = new byte[512];
        foreach ((long sector, List<int> allowed) in _versions)
        {
            disk.Read(sector * 512, bytes);
            int version = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
            Assert.True(
                allowed.Contains(version) && bytes.AsSpan().SequenceEqual(version == 0 ? new byte[512] : DiskWorkload.Stamp(sector, version)),
                $"{what}: sector {sector} has version {version}, and may have {string.Join(", ", allowed)}");
        }
    }

    private List<int> Of(long sector)
    {
        if (!_versions.TryGetValue(sector, out List<int>? versions))
        {
            _versions[sector] = versions = [0];
        }

        return versions;
    }
}
