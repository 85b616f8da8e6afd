using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhd;

/// <summary>A fixed VHD disk: its bytes from the beginning of the file on, the footer behind them.</summary>
internal sealed class VhdFixedDisk(VhdImage image) : IDisk
{
    private readonly IDiskFile _file = image.File;

    /// <inheritdoc/>
    public long Length { get; } = image.Footer.DiskSize;

    /// <inheritdoc/>
    public int SectorSize => VhdImage.Sector;

    /// <inheritdoc/>
    public bool IsReadOnly => _file.IsReadOnly;

    /// <inheritdoc/>
    public bool CanDiscard => false;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        DiskErrors.CheckRange(Length, offset, target.Length);
        _file.Read(offset, target);
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckWritable(offset, source.Length);
        _file.Write(offset, source);
    }

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length, bool mayDiscard)
    {
        CheckWritable(offset, length);
        _file.WriteZeroes(offset, length);
    }

    /// <inheritdoc/>
    public void Discard(long offset, long length) => CheckWritable(offset, length);

    /// <inheritdoc/>
    public void Flush()
    {
        if (!IsReadOnly)
        {
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => image.Dispose();

    private void CheckWritable(long offset, long length)
    {
        DiskErrors.CheckRange(Length, offset, length);
        if (IsReadOnly)
        {
            throw DiskErrors.ReadOnly(_file.Path);
        }
    }
}
