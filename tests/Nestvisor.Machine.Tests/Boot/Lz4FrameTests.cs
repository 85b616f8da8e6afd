using System.Buffers.Binary;
using Nestvisor.Machine.Boot;

namespace Nestvisor.Machine.Tests.Boot;

public sealed class Lz4FrameTests : IDisposable
{
    private const int BlockSize = 8 << 20;
    private const int Start = 100;

    private readonly ImageFolder _images = new();

    [Fact]
    public void TryRead_OverSeveralBlocks_GivesTheBytes()
    {
        byte[] data = Data((2 * BlockSize) + 12345);
        using BootImage file = Open(Frame(data));
        Lz4Frame frame = Lz4Frame.TryOpen(file, Start, file.Length - Start, (uint)data.Length)!;

        // Backwards too, over the edge of a block, and further into one that has been unpacked in part.
        foreach ((int offset, int length) in ((int, int)[])[(0, 64), (1000, 5000), (BlockSize - 7, 20), (0, data.Length), (BlockSize * 2, 12345), (3, 1)])
        {
            byte[] read = new byte[length];
            Assert.True(frame.TryRead((ulong)offset, read));
            Assert.True(data.AsSpan(offset, length).SequenceEqual(read), $"{length} bytes from {offset}");
        }

        Assert.False(frame.IsDamaged);
    }

    [Fact]
    public void TryRead_BlockThatIsTooShort_IsDamage()
    {
        byte[] data = Data(BlockSize + 500);
        byte[] packed = [.. Frame(data[..(BlockSize - 1)]), .. Frame(data[BlockSize..])[4..]];
        using BootImage file = Open(packed);
        Lz4Frame frame = Lz4Frame.TryOpen(file, Start, file.Length - Start, (uint)data.Length)!;

        Assert.True(frame.TryRead(BlockSize, new byte[500]));
        Assert.False(frame.TryRead(0, new byte[BlockSize]));
        Assert.True(frame.IsDamaged);
    }

    [Fact]
    public void TryOpen_FewerBlocksThanTheSizeNeeds_IsRefused()
    {
        byte[] data = Data(BlockSize);
        using BootImage file = Open(Frame(data));

        Assert.Null(Lz4Frame.TryOpen(file, Start, file.Length - Start, BlockSize + 1));
        Assert.Null(Lz4Frame.TryOpen(file, Start, 3, BlockSize));
        Assert.Null(Lz4Frame.TryOpen(file, 0, file.Length, BlockSize));
    }

    public void Dispose() => _images.Dispose();

    private BootImage Open(byte[] frame) => BootImage.Open(_images.Write("packed", [.. new byte[Start], .. frame]), "kernel");

    // Runs, which are packed as matches, of every length about the edges of the format's.
    private static byte[] Data(int length)
    {
        byte[] data = new byte[length];
        Random random = new(7);
        for (int at = 0; at < length;)
        {
            int run = Math.Min(random.Next(1, 600), length - at);
            data.AsSpan(at, run).Fill((byte)random.Next(256));
            at += run;
        }

        return data;
    }

    private static byte[] Frame(byte[] data)
    {
        byte[] mark = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(mark, 0x184C_2102);
        return [.. mark, .. data.Chunk(BlockSize).SelectMany(block => TestImages.Lz4(block)[4..])];
    }
}
