namespace Nestvisor.Platform.Tests;

public sealed class MemoryPiecesTests
{
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(100, pinned: true);

    [Fact]
    public void Pieces_Copied_ComeInTheirOrder()
    {
        MemoryPieces pieces = new(2);
        for (int i = 0; i < _memory.Length; i++)
        {
            _memory[i] = (byte)i;
        }

        Assert.True(pieces.TryAdd(_memory.AsSpan(50, 3)));
        Assert.True(pieces.TryAdd(_memory.AsSpan(10, 2)));
        Assert.False(pieces.TryAdd(_memory.AsSpan(20, 1)));
        Assert.Equal(5, pieces.Length);

        // It is the memory itself that is listed, not what was in it.
        _memory[11] = 99;
        byte[] target = new byte[6];
        pieces.CopyTo(target);
        Assert.Equal([50, 51, 52, 10, 99, 0], target);

        pieces.Clear();
        Assert.Equal(0, pieces.Length);
        Assert.True(pieces.TryAdd(_memory.AsSpan(20, 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1024)]
    public void Capacity_OutOfRange_Throws(int capacity) => Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryPieces(capacity));
}
