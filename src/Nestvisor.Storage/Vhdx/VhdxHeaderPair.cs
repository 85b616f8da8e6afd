using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>
/// The two headers, of which the valid one with the larger sequence number counts. A change is written over the other one, so that one
/// of them is whole at any time; then the same is done once more, so that both say the same (MS-VHDX §2.2.2.1).
/// </summary>
internal sealed class VhdxHeaderPair
{
    private bool _firstIsCurrent;

    private VhdxHeaderPair(VhdxHeader current, bool firstIsCurrent)
    {
        Current = current;
        _firstIsCurrent = firstIsCurrent;
    }

    /// <summary>The header that counts.</summary>
    public VhdxHeader Current { get; private set; }

    /// <summary>Reads both.</summary>
    /// <exception cref="DiskException">Neither is whole, or what it says is impossible.</exception>
    public static VhdxHeaderPair Load(IDiskFile file)
    {
        VhdxHeader? first = TryLoad(file, VhdxLayout.FirstHeader);
        VhdxHeader? second = TryLoad(file, VhdxLayout.SecondHeader);
        if (first is null && second is null)
        {
            throw DiskErrors.Damaged(file.Path, "both of its headers are broken");
        }

        if (first is not null && second is not null && first.SequenceNumber == second.SequenceNumber && first != second)
        {
            throw DiskErrors.Damaged(file.Path, "its two headers contradict each other");
        }

        bool firstIsCurrent = second is null || (first is not null && first.SequenceNumber >= second.SequenceNumber);
        VhdxHeader current = firstIsCurrent ? first! : second!;
        if (current.Version != 1)
        {
            throw DiskErrors.NotSupported(file.Path, $"its format is VHDX version {current.Version}, and only version 1 is known", "Convert it with what has made it.");
        }

        // An absent log may have any place; one with entries must be inside the file, of a version that is known.
        if (current.LogLength == 0 || current.LogLength % VhdxLayout.Megabyte != 0 || current.LogOffset % VhdxLayout.Megabyte != 0
            || current.LogOffset < VhdxLayout.HeaderSectionEnd || current.LogOffset > (ulong)file.Length
            || current.LogLength > (ulong)file.Length - current.LogOffset)
        {
            throw DiskErrors.Damaged(file.Path, $"its log of {current.LogLength} bytes at {current.LogOffset} is not inside the file");
        }

        if (current.LogGuid != Guid.Empty && current.LogVersion != 0)
        {
            throw DiskErrors.NotSupported(file.Path, $"its log has the unknown version {current.LogVersion}", "Open it once with what has made it.");
        }

        return new VhdxHeaderPair(current, firstIsCurrent);
    }

    /// <summary>Makes a changed header durable in both places.</summary>
    public void Update(IDiskFile file, VhdxHeader changed)
    {
        for (int i = 0; i < 2; i++)
        {
            VhdxHeader next = changed with { SequenceNumber = Current.SequenceNumber + 1 };
            file.Write(_firstIsCurrent ? VhdxLayout.SecondHeader : VhdxLayout.FirstHeader, next.ToBytes());
            file.Flush();
            Current = next;
            _firstIsCurrent = !_firstIsCurrent;
        }
    }

    private static VhdxHeader? TryLoad(IDiskFile file, long offset)
    {
        byte[] bytes = new byte[VhdxLayout.Sector];
        file.Read(offset, bytes);
        return VhdxHeader.TryParse(bytes);
    }
}
