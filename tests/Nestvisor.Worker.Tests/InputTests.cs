using System.Text;
using Nestvisor.Api.Worker;
using Nestvisor.Worker.Commands;
using Nestvisor.Worker.Control;
using Nestvisor.Worker.Running;
using Nestvisor.X64;

namespace Nestvisor.Worker.Tests;

public sealed class InputTests
{
    [Theory]
    [InlineData("512M", 512L << 20)]
    [InlineData("4g", 4L << 30)]
    [InlineData("4096", 4096L)]
    public void MemorySize_Valid_IsBytes(string text, long bytes) =>
        Assert.Equal(bytes, MemorySize.Parse(text, message => Assert.Fail(message)));

    [Theory]
    [InlineData("")]
    [InlineData("-1M")]
    [InlineData("0")]
    [InlineData("1X")]
    [InlineData("99999999999G")]
    public void MemorySize_Invalid_NamesIt(string text)
    {
        string? error = null;
        MemorySize.Parse(text, message => error = message);
        Assert.Contains($"'{text}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void MacAddress_Valid_MakesAnAdapter() => Assert.NotNull(Adapter("00:15:5d:01:02:ff").Device);

    [Theory]
    [InlineData("00:15:5d:01:02")]
    [InlineData("01:15:5d:01:02:03")]
    [InlineData("0:15:5d:01:02:03")]
    [InlineData("zz:15:5d:01:02:03")]
    public void MacAddress_Invalid_IsRefused(string text) => Assert.Throws<ConfigurationException>(() => Adapter(text));

    private static NetworkAdapter Adapter(string mac) => NetworkAdapter.Create(new WorkerNetworkAdapter { Id = Guid.NewGuid(), Mac = mac }, 1);

    [Fact]
    public async Task LineReader_PartsAndManyLines_AreLines()
    {
        using MemoryStream stream = new("one\ntwo\nunfinished"u8.ToArray());
        LineReader reader = new(stream);
        Assert.Equal("one", Encoding.ASCII.GetString((await reader.ReadLineAsync())!));
        Assert.Equal("two", Encoding.ASCII.GetString((await reader.ReadLineAsync())!));
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task LineReader_EndlessLine_IsRefused()
    {
        using MemoryStream stream = new(new byte[1 << 20]);
        await Assert.ThrowsAsync<InvalidDataException>(new LineReader(stream).ReadLineAsync);
    }

    [Theory]
    [InlineData("svm", 0x8000_0001u, 0u, CpuidRegister.Ecx, 2)]
    [InlineData("avx2", 7u, 0u, CpuidRegister.Ebx, 5)]
    [InlineData("x2apic", 1u, 0u, CpuidRegister.Ecx, 21)]
    [InlineData("lm", 0x8000_0001u, 0u, CpuidRegister.Edx, 29)]
    [InlineData("vnmi", 0x8000_000Au, 0u, CpuidRegister.Edx, 25)]
    [InlineData("la57", 7u, 0u, CpuidRegister.Ecx, 16)]
    [InlineData("spec_ctrl", 7u, 0u, CpuidRegister.Edx, 26)]
    [InlineData("lam", 7u, 1u, CpuidRegister.Eax, 26)]
    [InlineData("d.1.eax.3", 0xDu, 1u, CpuidRegister.Eax, 3)]
    public void CpuFeature_Known_IsBit(string name, uint leaf, uint subleaf, CpuidRegister register, int bit) =>
        Assert.Equal((leaf, subleaf, register, bit), CpuFeatureMask.Find(name));

    [Theory]
    [InlineData("-")]
    [InlineData("avx3")]
    [InlineData("7.0.ebx.32")]
    public void CpuFeature_Unknown_IsRefused(string name) => Assert.Throws<FormatException>(() => CpuFeatureMask.Find(name));
}
