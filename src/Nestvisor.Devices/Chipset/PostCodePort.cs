using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>The diagnostic port 80h: software writes its progress there, and Linux writes to it for a short delay.</summary>
internal sealed class PostCodePort : ByteRegisters, IDevice
{
    private int _code;

    /// <inheritdoc/>
    public string StateName => "post-code";

    /// <summary>The byte that was written last.</summary>
    public byte Code => (byte)Volatile.Read(ref _code);

    public void Connect(IDeviceBus bus) => bus.AddPorts(0x80, 1, this);

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref _code, 0);

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.Write(1, (ulong)Code);

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        Volatile.Write(ref _code, (byte)reader.ReadUInt64(1));
        reader.End();
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port) => port == 0x80 ? Code : (byte)0xFF;

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        if (port == 0x80)
        {
            Volatile.Write(ref _code, value);
        }
    }
}
