using Nestvisor.Devices.Serial;
using Nestvisor.Devices.Tests.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Serial;

public sealed class Uart16550Tests : IDisposable
{
    private const ushort Base = 0x3F8;

    private readonly VmClock _clock = VmClock.CreateManual();
    private readonly RecordingLine _line = new();
    private readonly MemorySerialBackend _backend = new();
    private readonly Uart16550 _uart;

    public Uart16550Tests() => _uart = new Uart16550("com1", Base, _clock, _line, _backend);

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void Transmit_Line_ReachesTheBackendInOneWrite()
    {
        foreach (byte value in "hello\n"u8)
        {
            Assert.Equal(0x60, Read(5) & 0x60);
            Write(0, value);
        }

        Assert.Equal("hello\n"u8.ToArray(), _backend.Output);
        Assert.Equal(1, _backend.Writes);
    }

    [Fact]
    public void Transmit_PartOfALine_ReachesTheBackendSoon()
    {
        Write(0, (byte)'$');
        Assert.Empty(_backend.Output);
        _clock.Advance(10_000_000);
        Assert.Equal("$"u8.ToArray(), _backend.Output);
    }

    [Fact]
    public void Interrupt_TransmitterEmpty_ComesWhenEnabledAndAfterEachByte()
    {
        // What Linux's 8250 driver tests at start-up, and what it lives on.
        Write(4, 8);
        Write(1, 2);
        Assert.True(_line.Asserted);
        Assert.Equal(2, Read(2) & 0x0F);
        Assert.False(_line.Asserted);
        Assert.Equal(1, Read(2) & 0x0F);
        Write(1, 0);
        Write(1, 2);
        Assert.Equal(2, Read(2) & 0x0F);
        Write(0, (byte)'x');
        Assert.True(_line.Asserted);
    }

    [Fact]
    public void Interrupt_ReceivedData_StaysUntilReadOut()
    {
        Write(4, 8);
        Write(2, 0x01);
        Write(1, 1);
        _backend.Type("ab"u8);
        Assert.True(_line.Asserted);
        Assert.Equal(0xC4, Read(2));
        Assert.Equal('a', (char)Read(0));
        Assert.True(_line.Asserted);
        Assert.Equal('b', (char)Read(0));
        Assert.False(_line.Asserted);
        Assert.Equal(0, Read(5) & 1);
    }

    [Fact]
    public void Interrupt_BelowTrigger_IsACharacterTimeout()
    {
        Write(4, 8);
        Write(2, 0xC1);
        Write(1, 1);
        _backend.Type("a"u8);
        Assert.Equal(0xCC, Read(2));
    }

    [Fact]
    public void Receive_MoreThanTheFifo_LosesNothing()
    {
        Write(2, 0x01);
        byte[] sent = new byte[1000];
        Random.Shared.NextBytes(sent);
        _backend.Type(sent);
        List<byte> received = [];
        while ((Read(5) & 1) != 0)
        {
            received.Add(Read(0));
        }

        Assert.Equal(sent, received);
    }

    [Fact]
    public void Loopback_ModemLines_ComeBack()
    {
        // Linux's probe: 16550 or nothing.
        Write(4, 0x1A);
        Assert.Equal(0x90, Read(6) & 0xF0);
        Write(0, 0x5A);
        Assert.Equal(0x5A, Read(0));
        Assert.False(_line.Asserted);
        Assert.Empty(_backend.Output);
    }

    [Fact]
    public void FifoControl_Enabled_ShowsA16550A()
    {
        Write(2, 1);
        Assert.Equal(0xC1, Read(2));
        Write(2, 0);
        Assert.Equal(0x01, Read(2));
    }

    [Fact]
    public void Interrupt_WithoutOut2_StaysInside()
    {
        Write(1, 2);
        Assert.False(_line.Asserted);
        Write(4, 8);
        Assert.True(_line.Asserted);
    }

    [Fact]
    public void Divisor_Latch_ReadsBack()
    {
        Write(3, 0x83);
        Write(0, 0x0C);
        Write(1, 0x01);
        Assert.Equal(0x0C, Read(0));
        Assert.Equal(0x01, Read(1));
        Write(3, 0x03);
        Assert.Equal(0, Read(1));
    }

    [Fact]
    public void Restore_PendingInput_IsReadThere()
    {
        Write(4, 8);
        Write(2, 1);
        Write(1, 3);
        _backend.Type("xy"u8);
        RecordingLine line = new();
        Uart16550 copy = new("com1", Base, _clock, line, new MemorySerialBackend());
        SavedStates.Copy(_uart, copy);
        Assert.Equal(SavedStates.Save(_uart), SavedStates.Save(copy));
        Assert.True(line.Asserted);
        Assert.Equal((uint)'x', copy.ReadPort(Base, 1));
        Assert.Equal((uint)'y', copy.ReadPort(Base, 1));
    }

    private byte Read(int register) => (byte)_uart.ReadPort((ushort)(Base + register), 1);

    private void Write(int register, byte value) => _uart.WritePort((ushort)(Base + register), 1, value);
}
