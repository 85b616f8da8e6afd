using System.Buffers.Binary;
using System.Text;
using Nestvisor.Storage;

namespace Nestvisor.Devices.Virtio;

/// <summary>A virtio block device (virtio 1.2 §5.2) on a disk.</summary>
public sealed class VirtioBlock : VirtioDevice
{
    /// <summary>Longest identity that the guest can read, in bytes.</summary>
    public const int MaxIdentity = 20;

    private const ulong FeatureSegmentMax = 1UL << 2;
    private const ulong FeatureReadOnly = 1UL << 5;
    private const ulong FeatureBlockSize = 1UL << 6;
    private const ulong FeatureFlush = 1UL << 9;
    private const ulong FeatureDiscard = 1UL << 13;
    private const ulong FeatureWriteZeroes = 1UL << 14;

    private const ushort QueueSize = 256;
    private const int SectorSize = 512;
    private const int HeaderSize = 16;
    private const int RangeSize = 16;

    // Bound how long one request can take where the host has to write the zeros out: 16 ranges of 4 MiB.
    private const uint MaxRangeSectors = 8192;
    private const int MaxRanges = 16;
    private const uint UnmapFlag = 1;

    private readonly IDisk _disk;
    private readonly byte[] _identity = new byte[MaxIdentity];
    private DescriptorChain? _chain;
    private bool _writeThrough;

    /// <summary>Creates the device.</summary>
    /// <param name="disk">The disk; disposed with the device.</param>
    /// <param name="identity">What the guest reads as the disk's serial number, in ASCII; cut off after 20 characters.</param>
    public VirtioBlock(IDisk disk, string identity)
    {
        _disk = disk;
        _ = Encoding.ASCII.GetBytes(identity.AsSpan(0, Math.Min(identity.Length, MaxIdentity)), _identity);
    }

    private enum RequestType : uint
    {
        Read = 0,
        Write = 1,
        Flush = 4,
        GetIdentity = 8,
        Discard = 11,
        WriteZeroes = 13,
    }

    private enum RequestStatus : byte
    {
        Ok = 0,
        InputOutputError = 1,
        Unsupported = 2,
    }

    /// <inheritdoc/>
    public override string Name => "virtio-blk";

    internal override ushort DeviceId => 2;

    internal override uint PciClassCode => 0x01_8000;

    internal override ulong Features => FeatureSegmentMax | FeatureBlockSize | FeatureFlush
        | (_disk.IsReadOnly ? FeatureReadOnly : FeatureWriteZeroes)
        | (_disk.CanDiscard ? FeatureDiscard : 0);

    internal override ReadOnlySpan<ushort> QueueSizes => [QueueSize];

    internal override int ConfigurationLength => 60;

    internal override void ReadConfiguration(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, _disk.Length / SectorSize);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], QueueSize - 2);
        BinaryPrimitives.WriteInt32LittleEndian(target[20..], _disk.SectorSize);
        BinaryPrimitives.WriteUInt16LittleEndian(target[34..], 1);
        if (_disk.CanDiscard)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target[36..], MaxRangeSectors);
            BinaryPrimitives.WriteInt32LittleEndian(target[40..], MaxRanges);
            BinaryPrimitives.WriteInt32LittleEndian(target[44..], _disk.SectorSize / SectorSize);
        }

        if (!_disk.IsReadOnly)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target[48..], MaxRangeSectors);
            BinaryPrimitives.WriteInt32LittleEndian(target[52..], MaxRanges);
            target[56] = _disk.CanDiscard ? (byte)1 : (byte)0;
        }
    }

    // A driver that cannot flush expects every write to be durable when it completes (§5.2.6.2).
    internal override void Start(ulong features) => _writeThrough = (features & FeatureFlush) == 0;

    internal override VirtioProgress Process(VirtioQueue queue)
    {
        DescriptorChain chain = _chain!;
        if (!queue.TryTake(chain))
        {
            return VirtioProgress.NoRequest;
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        ChainCursor source = DescriptorChain.Readable;
        if (chain.Read(ref source, header) < HeaderSize || chain.WritableLength == 0)
        {
            queue.Break();
            return VirtioProgress.Done;
        }

        ChainCursor target = chain.Writable;
        uint written = 0;
        RequestStatus status;
        try
        {
            status = Execute(chain, header, ref source, ref target, ref written);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            status = RequestStatus.InputOutputError;
        }

        // The last writable byte is the status, wherever the data ended.
        target = chain.Writable;
        uint skip = chain.WritableLength - 1;
        while (skip > 0)
        {
            skip -= (uint)chain.Next(ref target, (int)skip, out _).Length;
        }

        chain.Write(ref target, [(byte)status]);
        queue.Complete(chain.Head, written + 1);
        return VirtioProgress.Done;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _disk.Dispose();

    private protected override void Attached() => _chain = new DescriptorChain(Transport.Memory);

    private RequestStatus Execute(
        DescriptorChain chain, ReadOnlySpan<byte> header, ref ChainCursor source, ref ChainCursor target, ref uint written)
    {
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        uint readable = chain.ReadableLength - HeaderSize;
        uint writable = chain.WritableLength - 1;
        switch ((RequestType)BinaryPrimitives.ReadUInt32LittleEndian(header))
        {
            case RequestType.Read:
                return TryGetOffset(sector, writable, out long offset)
                    ? Read(chain, ref target, offset, writable, ref written)
                    : RequestStatus.InputOutputError;
            case RequestType.Write:
                return !_disk.IsReadOnly && TryGetOffset(sector, readable, out offset)
                    ? Write(chain, ref source, offset, readable)
                    : RequestStatus.InputOutputError;
            case RequestType.Flush:
                _disk.Flush();
                return RequestStatus.Ok;
            case RequestType.GetIdentity:
                written = (uint)chain.Write(ref target, _identity.AsSpan(0, (int)Math.Min(writable, MaxIdentity)));
                return RequestStatus.Ok;
            case RequestType.Discard when _disk.CanDiscard:
                return ForRanges(chain, ref source, readable, discard: true);
            case RequestType.WriteZeroes when !_disk.IsReadOnly:
                return ForRanges(chain, ref source, readable, discard: false);
            default:
                return RequestStatus.Unsupported;
        }
    }

    private RequestStatus Read(DescriptorChain chain, ref ChainCursor target, long offset, uint length, ref uint written)
    {
        while (written < length)
        {
            Span<byte> window = chain.Next(ref target, (int)(length - written), out ulong address);
            try
            {
                _disk.Read(offset + written, window);
            }
            finally
            {
                // A failed read may have changed part of the window.
                Transport.Memory.NoteWritten(address, (ulong)window.Length);
            }

            written += (uint)window.Length;
        }

        return RequestStatus.Ok;
    }

    private RequestStatus Write(DescriptorChain chain, ref ChainCursor source, long offset, uint length)
    {
        uint done = 0;
        while (done < length)
        {
            Span<byte> window = chain.Next(ref source, (int)(length - done), out _);
            _disk.Write(offset + done, window);
            done += (uint)window.Length;
        }

        if (_writeThrough)
        {
            _disk.Flush();
        }

        return RequestStatus.Ok;
    }

    private RequestStatus ForRanges(DescriptorChain chain, ref ChainCursor source, uint length, bool discard)
    {
        if (length == 0 || length % RangeSize != 0 || length > MaxRanges * RangeSize)
        {
            return RequestStatus.InputOutputError;
        }

        Span<byte> range = stackalloc byte[RangeSize];
        for (uint done = 0; done < length; done += RangeSize)
        {
            _ = chain.Read(ref source, range);
            uint sectors = BinaryPrimitives.ReadUInt32LittleEndian(range[8..]);
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(range[12..]);

            // The unmap flag belongs to write zeroes; all others are reserved (§5.2.6.2).
            if ((flags & ~(discard ? 0 : UnmapFlag)) != 0)
            {
                return RequestStatus.Unsupported;
            }

            if (sectors > MaxRangeSectors
                || !TryGetOffset(BinaryPrimitives.ReadUInt64LittleEndian(range), sectors * SectorSize, out long offset))
            {
                return RequestStatus.InputOutputError;
            }

            if (discard)
            {
                _disk.Discard(offset, sectors * SectorSize);
            }
            else
            {
                _disk.WriteZeroes(offset, sectors * SectorSize, flags != 0);
            }
        }

        if (_writeThrough)
        {
            _disk.Flush();
        }

        return RequestStatus.Ok;
    }

    private bool TryGetOffset(ulong sector, uint length, out long offset)
    {
        ulong sectors = (ulong)_disk.Length / SectorSize;
        offset = 0;
        if (length % SectorSize != 0 || sector > sectors || length / SectorSize > sectors - sector)
        {
            return false;
        }

        offset = (long)(sector * SectorSize);
        return true;
    }
}
