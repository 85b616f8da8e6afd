using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

public sealed class PowerTests : IDisposable
{
    private readonly VmClock _clock = VmClock.CreateManual();
    private readonly RecordingLine _sci = new();
    private readonly List<PowerEvent> _events = [];
    private readonly AcpiPowerManagement _pm;

    public PowerTests() => _pm = new AcpiPowerManagement(_clock, _sci, _events.Add);

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void PressPowerButton_Enabled_RaisesTheSystemControlInterrupt()
    {
        _pm.PressPowerButton();
        Assert.False(_sci.Asserted);
        _pm.WritePort(0x602, 2, 0x0100);
        Assert.True(_sci.Asserted);
        Assert.Equal(0x0100u, _pm.ReadPort(0x600, 2));
        _pm.WritePort(0x600, 2, 0x0100);
        Assert.False(_sci.Asserted);
    }

    [Fact]
    public void WritePort_SleepTypeSoftOff_PowersOff()
    {
        _pm.WritePort(0x604, 2, 0x3000);
        Assert.Empty(_events);
        _pm.WritePort(0x604, 2, 0x3401);
        Assert.Equal([PowerEvent.PowerOff], _events);
    }

    [Fact]
    public void ReadPort_Timer_RunsAt3579545Hertz()
    {
        _clock.Advance(2_000_000_000);
        Assert.Equal(2u * 3_579_545, _pm.ReadPort(0x608, 4));
        Assert.Equal((2u * 3_579_545) & 0xFFFF, _pm.ReadPort(0x608, 2));
    }

    [Fact]
    public void Timer_HighestBitChanges_SetsStatusAndInterrupts()
    {
        _pm.WritePort(0x602, 2, 1);
        _clock.Advance(599_000_000_000);
        Assert.False(_sci.Asserted);
        _clock.Advance(2_000_000_000);
        Assert.True(_sci.Asserted);
        _pm.WritePort(0x600, 2, 1);
        Assert.False(_sci.Asserted);
    }

    [Fact]
    public void ReadPort_Control_IsInAcpiMode() => Assert.Equal(1u, _pm.ReadPort(0x604, 2) & 1);

    [Theory]
    [InlineData(0xCF9, 0x06)]
    [InlineData(0xCF9, 0x0E)]
    [InlineData(0x92, 0x01)]
    public void ResetControl_ResetValue_Resets(ushort port, byte value)
    {
        ResetControl reset = new(_events.Add);
        reset.WritePort(port, 1, 0x02);
        Assert.Empty(_events);
        reset.WritePort(port, 1, value);
        Assert.Equal([PowerEvent.Reset], _events);
    }

    [Fact]
    public void KeyboardController_PulseResetLine_Resets()
    {
        KeyboardController keyboard = new(_events.Add);
        Assert.Equal(0u, keyboard.ReadPort(0x64, 1) & 2);
        keyboard.WritePort(0x64, 1, 0xFE);
        Assert.Equal([PowerEvent.Reset], _events);
    }

    [Fact]
    public void KeyboardController_OutputPortResetLow_Resets()
    {
        KeyboardController keyboard = new(_events.Add);
        keyboard.WritePort(0x64, 1, 0xD1);
        keyboard.WritePort(0x60, 1, 0xFE);
        Assert.Equal([PowerEvent.Reset], _events);
    }

    [Fact]
    public void KeyboardController_CommandToKeyboard_AnswersTimeoutAtOnce()
    {
        KeyboardController keyboard = new(_events.Add);
        keyboard.WritePort(0x60, 1, 0xFF);
        Assert.Equal(0x41u, keyboard.ReadPort(0x64, 1) & 0x41);
        Assert.Equal(0xFEu, keyboard.ReadPort(0x60, 1));
        Assert.Equal(0u, keyboard.ReadPort(0x64, 1) & 0x41);
    }

    [Fact]
    public void Restore_PowerButtonPending_InterruptsThere()
    {
        _pm.WritePort(0x602, 2, 0x0100);
        _pm.PressPowerButton();
        RecordingLine line = new();
        AcpiPowerManagement copy = new(_clock, line, _events.Add);
        SavedStates.Copy(_pm, copy);
        Assert.Equal(SavedStates.Save(_pm), SavedStates.Save(copy));
        Assert.True(line.Asserted);
    }
}
